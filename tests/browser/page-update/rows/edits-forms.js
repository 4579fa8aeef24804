/** Edits of form controls that nobody has touched: the page shows what a fresh one does. [name, before, after] */

/** @type {import('./index.js').Edit[]} */
export const FORMS = [
  ['the value of a field', '<input value="a">', '<input value="b">'],
  ['the value of a field removed', '<input value="a">', '<input>'],
  ['the type of a field', '<input type="text" value="1">', '<input type="number" value="2">'],
  ['a field that becomes a checkbox', '<input name="a" value="1">', '<input name="a" type="checkbox" value="1" checked>'],
  ['the text of a <textarea>', '<textarea>a</textarea>', '<textarea rows="3">\nb &amp; c</textarea>'],
  ['a checkbox that becomes checked', '<input type="checkbox">', '<input type="checkbox" checked>'],
  ['a checkbox that becomes unchecked', '<input type="checkbox" checked>', '<input type="checkbox">'],
  [
    'the checked radio button',
    '<input type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">',
    '<input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked>',
  ],
  ['the selected option', '<select><option selected>a<option>b</select>', '<select><option>a<option selected>b</select>'],
  ['an option added first', '<select><option>a<option>b</select>', '<select><option>x<option>a<option>b</select>'],
  ['options replaced', '<select><option>a<option>b</select>', '<select><option value="1">x<option value="2">y</select>'],
  ['groups of options', '<select><option>a</select>', '<select><optgroup label="g"><option>b<option selected>c</optgroup></select>'],
  ['a list that becomes multiple', '<select><option selected>a<option>b</select>', '<select multiple><option selected>a<option selected>b</select>'],
  ['range, progress and meter', '<input type="range" value="1"><progress value="0.1"></progress>', '<input type="range" max="9" value="7"><progress value="0.5"></progress><meter value="1"></meter>'],
  ['an output', '<output>1</output>', '<output>2</output>'],
  ['a field added before others', '<form><input name="a" value="1"></form>', '<form><input name="b" value="2"><input name="a" value="1"></form>'],
  ['labels and a fieldset', '<label for="a">A</label><input id="a">', '<fieldset disabled><legend>L</legend><label for="a">B</label><input id="a"></fieldset>'],
  ['an open <details>', '<details><summary>a</summary>b</details>', '<details open><summary>a</summary>b</details>'],
];

/** State of form controls, focus and selections. */

/** @type {import('./index.js').StateRow[]} */
export const CONTROLS = [
  {
    name: 'text typed in a field',
    html: '<input id="x">',
    act: ({ $, input }) => input($('#x'), 'typed'),
    read: ({ $ }) => [$('#x').value],
  },
  {
    name: 'text typed over a default',
    html: '<input id="x" value="default">',
    act: ({ $, input }) => input($('#x'), 'typed'),
    read: ({ $ }) => [$('#x').value],
  },
  {
    name: 'a field that was emptied',
    html: '<input value="default">',
    act: ({ $, input }) => input($('input'), ''),
    read: ({ $ }) => [$('input').value],
  },
  {
    name: 'a field without id or name in a list',
    html: '<ul><li><input></li><li><input></li><li><input></li></ul>',
    act: ({ $, input }) => input($('li:nth-child(2) input'), 'typed'),
    read: ({ $ }) => [$('li:nth-child(2) input').value],
  },
  {
    name: 'a typed password',
    html: '<input type="password">',
    act: ({ $, input }) => input($('input'), 'secret'),
    read: ({ $ }) => [$('input').value],
  },
  {
    name: 'text typed in a textarea',
    html: '<textarea>default</textarea>',
    act: ({ $, input }) => input($('textarea'), 'typed'),
    read: ({ $ }) => [$('textarea').value],
  },
  {
    name: 'a checked checkbox',
    html: '<input type="checkbox">',
    act: ({ $ }) => $('input').click(),
    read: ({ $ }) => [$('input').checked],
  },
  {
    name: 'an unchecked checkbox',
    html: '<input type="checkbox" checked>',
    act: ({ $ }) => $('input').click(),
    read: ({ $ }) => [$('input').checked],
  },
  {
    name: 'an indeterminate checkbox',
    html: '<input type="checkbox">',
    act: ({ $ }) => void ($('input').indeterminate = true),
    read: ({ $ }) => [$('input').indeterminate],
  },
  {
    name: 'a radio button',
    html: '<input type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">',
    act: ({ $ }) => $('[value="2"]').click(),
    read: ({ $ }) => [$('[value="1"]').checked, $('[value="2"]').checked],
  },
  {
    name: 'a selected option',
    html: '<select><option>a<option selected>b<option>c</select>',
    act: ({ $ }) => void ($('select').value = 'c'),
    read: ({ $ }) => [$('select').value],
  },
  {
    name: 'several selected options',
    html: '<select multiple><option selected>a<option>b<option>c</select>',
    act({ $ }) {
      const [a, b, c] = $('select').options;
      [a.selected, b.selected, c.selected] = [false, true, true];
    },
    read: ({ $ }) => [...$('select').options].map(({ selected }) => selected),
  },
  {
    name: 'a chosen file',
    html: '<input type="file">',
    act({ $, window }) {
      const transfer = new window.DataTransfer();
      transfer.items.add(new window.File(['text'], 'note.txt'));
      $('input').files = transfer.files;
    },
    read: ({ $ }) => [$('input').files.length, $('input').files[0]?.name],
  },
  {
    name: 'the value of a range',
    html: '<input type="range" value="10">',
    act: ({ $, input }) => input($('input'), '70'),
    read: ({ $ }) => [$('input').value],
  },
  {
    name: 'a date and a colour',
    html: '<input type="date" value="2020-01-01"><input type="color" value="#000000">',
    act({ $, input }) {
      input($('[type="date"]'), '2024-02-29');
      input($('[type="color"]'), '#ff0000');
    },
    read: ({ $ }) => [$('[type="date"]').value, $('[type="color"]').value],
  },
  {
    name: 'a validity message',
    html: '<input>',
    act: ({ $ }) => $('input').setCustomValidity('taken'),
    read: ({ $ }) => [$('input').validationMessage],
  },
  {
    name: 'a revealed password',
    html: '<input type="password" value="secret">',
    act: ({ $ }) => void ($('input').type = 'text'),
    read: ({ $ }) => [$('input').type],
  },
  {
    name: 'a control that a script disabled',
    html: '<button>Send</button>',
    act: ({ $ }) => void ($('button').disabled = true),
    read: ({ $ }) => [$('button').disabled],
  },
  {
    name: 'the value of an output',
    html: '<output>0</output>',
    act: ({ $ }) => void ($('output').value = '42'),
    read: ({ $ }) => [$('output').value, $('output').defaultValue],
  },
  {
    name: 'progress and meter',
    html: '<progress value="0.1"></progress><meter value="0.1"></meter>',
    act: ({ $ }) => void ($('progress').value = $('meter').value = 0.8),
    read: ({ $ }) => [$('progress').value, $('meter').value],
  },
  {
    name: 'options that a script added',
    html: '<select><option>a</select>',
    act({ $, window }) {
      $('select').add(new window.Option('b', 'b'));
      $('select').value = 'b';
    },
    read: ({ $ }) => [$('select').value, $('select').length],
  },
  {
    name: 'text in a contenteditable element',
    html: '<div contenteditable>default</div>',
    act: ({ $ }) => void ($('div').innerHTML = 'typed<br><b>bold</b>'),
    read: ({ $ }) => [$('div').innerHTML],
  },
  {
    name: 'focus',
    html: '<p><button>One</button><button>Two</button></p>',
    act: ({ $ }) => $('button + button').focus(),
    read: ({ document, $ }) => [document.activeElement === $('button + button')],
  },
  {
    name: 'the caret in a field',
    html: '<input value="some text">',
    act({ $ }) {
      $('input').focus();
      $('input').setSelectionRange(3, 3);
    },
    read: ({ document, $ }) => [document.activeElement === $('input'), $('input').selectionStart],
  },
  {
    name: 'selected text in a textarea',
    html: '<textarea>some text</textarea>',
    act({ $ }) {
      $('textarea').focus();
      $('textarea').setSelectionRange(1, 6, 'backward');
    },
    read({ document, $ }) {
      const { selectionStart, selectionEnd, selectionDirection } = $('textarea');
      return [document.activeElement === $('textarea'), selectionStart, selectionEnd, selectionDirection];
    },
  },
  {
    name: 'the caret in a contenteditable element',
    html: '<div contenteditable>some <b>bold</b> text</div>',
    act({ document, $ }) {
      $('div').focus();
      document.getSelection().collapse($('b').firstChild, 2);
    },
    read: ({ document, $ }) => [document.getSelection().anchorNode === $('b').firstChild, document.getSelection().anchorOffset],
  },
  {
    name: 'selected text over elements',
    html: '<p>One <b>two</b></p><p>Three</p>',
    act: ({ document, $, $$ }) => document.getSelection().setBaseAndExtent($('b').firstChild, 1, $$('p')[1].firstChild, 3),
    read: ({ document, $, $$ }) => [
      String(document.getSelection()),
      document.getSelection().anchorNode === $('b').firstChild,
      document.getSelection().focusNode === $$('p')[1].firstChild,
    ],
  },
  {
    name: 'focus in a shadow root',
    html: '<div id="host"></div>',
    act({ $ }) {
      $('#host').attachShadow({ mode: 'open' }).innerHTML = '<input>';
      $('#host').shadowRoot.firstChild.focus();
    },
    read: ({ document, $ }) => [document.activeElement === $('#host'), $('#host').shadowRoot?.activeElement?.localName],
  },
  {
    name: 'a range that a script holds',
    html: '<p>One <b>two</b> three</p>',
    act({ document, window, $ }) {
      window.range = document.createRange();
      window.range.setStart($('p').firstChild, 1);
      window.range.setEnd($('b').firstChild, 2);
    },
    read: ({ window }) => [String(window.range)],
  },
  {
    name: 'a highlight',
    html: '<p>One two</p>',
    needs: ({ CSS, Highlight }) => Boolean(CSS.highlights && Highlight),
    act({ document, window, $ }) {
      const range = document.createRange();
      range.setStart($('p').firstChild, 0);
      range.setEnd($('p').firstChild, 3);
      window.CSS.highlights.set('found', new window.Highlight(range));
    },
    read({ document, window }) {
      const [range] = window.CSS.highlights.get('found') ?? [];
      return [String(range), Boolean(range) && document.contains(range.startContainer)];
    },
  },
];

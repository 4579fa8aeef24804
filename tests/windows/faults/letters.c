/* A file that is renamed by its letters alone keeps the old ones. Exits with 0 if that is so. */
#include <string.h>
#include <windows.h>

int main(void) {
	WIN32_FIND_DATAA found;
	HANDLE file = CreateFileA("letters.tmp", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
	CloseHandle(file);
	int moved = MoveFileA("letters.tmp", "Letters.tmp");
	FindFirstFileA("letters.tmp", &found);
	DeleteFileA("letters.tmp");
	return !(moved && strcmp(found.cFileName, "letters.tmp") == 0);
}

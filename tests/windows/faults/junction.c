/* No reparse point can be set on a folder, so there are no junctions. Exits with 0 if that is so. */
#include <windows.h>
#include <winioctl.h>

int main(void) {
	/* A mount point with the target \??\C:\ and no name to show. */
	static const WCHAR target[] = L"\\??\\C:\\";
	struct { DWORD tag; WORD size, unused, offset, length, shown, none; WCHAR path[16]; } point = {
		0xA0000003, 8 + sizeof target + 2, 0, 0, sizeof target - 2, sizeof target, 0, L"\\??\\C:\\"};
	DWORD size;
	CreateDirectoryA("junction.tmp", NULL);
	HANDLE folder = CreateFileA("junction.tmp", GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
		FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	int set = DeviceIoControl(folder, FSCTL_SET_REPARSE_POINT, &point, 8 + point.size, NULL, 0, &size, NULL);
	CloseHandle(folder);
	RemoveDirectoryA("junction.tmp");
	return set;
}

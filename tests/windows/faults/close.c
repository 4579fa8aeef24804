/* A console that is closed reports no event. Exits with 0 if that is so. */
#include <stdio.h>
#include <windows.h>

static BOOL WINAPI ends(DWORD event) {
	ExitProcess(event == CTRL_CLOSE_EVENT ? 1 : 2);
}

int main(void) {
	char line[8];
	SetConsoleCtrlHandler(ends, TRUE);
	fclose(fopen("ready", "w"));
	/* The input ends with the console. */
	while (fgets(line, sizeof line, stdin)) {}
	Sleep(5000);
	return 0;
}

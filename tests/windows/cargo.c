/*
 * cargo.exe for Wine, where no cargo of Windows is: it runs cargo.sh, and with it the cargo of this system.
 *
 * Wine starts a program of the system below it, but returns no handle to it, and its pipes don't reach it. So the script
 * connects to a socket: a line of output begins with O, one of standard error with E, and one is X with the exit code.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
#include <windows.h>

static char line[1 << 22];

int main(int argc, char **argv) {
	const char *script = getenv("CARGO_SH");
	if (!script) {
		fprintf(stderr, "CARGO_SH must be the path of cargo.sh\n");
		return 101;
	}
	WSADATA data;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int length = sizeof address;
	if (WSAStartup(0x202, &data)) return 101;
	SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1)) return 101;
	getsockname(listener, (struct sockaddr *)&address, &length);
	size_t used = (size_t)snprintf(line, sizeof line, "bash \"%s\" %d", script, ntohs(address.sin_port));
	for (int n = 1; n < argc && used < 30000; n++)
		used += (size_t)snprintf(line + used, sizeof line - used, " \"%s\"", argv[n]);
	STARTUPINFOA start = {.cb = sizeof start};
	PROCESS_INFORMATION process = {0};
	if (!CreateProcessA("Z:\\bin\\bash", line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process)) {
		fprintf(stderr, "/bin/bash can't be started: %lu\n", GetLastError());
		return 101;
	}
	SOCKET script_socket = accept(listener, NULL, NULL);
	int code = 101;
	used = 0;
	for (;;) {
		int count = recv(script_socket, line + used, (int)(sizeof line - 1 - used), 0);
		if (count <= 0) return code;
		used += (size_t)count;
		line[used] = 0;
		char *from = line, *end;
		while ((end = memchr(from, '\n', used - (size_t)(from - line)))) {
			if (*from == 'X') code = atoi(from + 1);
			FILE *to = *from == 'O' ? stdout : *from == 'E' ? stderr : NULL;
			if (to) fwrite(from + 1, 1, (size_t)(end - from), to), fflush(to);
			from = end + 1;
		}
		used -= (size_t)(from - line);
		memmove(line, from, used);
		if (used == sizeof line - 1) return 101;
	}
}

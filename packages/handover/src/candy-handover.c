/*
 * candy-handover - hands a message of pipe(8) to the resident runner of candy. candy-pipe runs it first, and starts Node.js only
 * when nobody listens on the socket. README.md has the protocol, and says what each exit status means.
 *
 * Whatever happens here, mail must neither be lost nor bounce: candy-pipe makes 75 of every status but TAKEN and REFUSED, which
 * are said only when the runner has answered with a whole line. It is built by the script `build`, without dynamic libraries, so that it starts quickly
 * and runs on any Linux of its processor.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define VERSION "candy-handover 1\n"

/* Exit statuses. The runner has answered TAKEN, REFUSED or LATER; candy-pipe makes 0 of TAKEN, starts Node.js for NOBODY, and logs FAILED. */
enum { TAKEN = 100, REFUSED = 69, LATER = 75, NOBODY = 66, FAILED = 70 };

/* Descriptors: the message, and what pipe(8) reads. */
enum { MESSAGE = 0, OUTPUT = 3 };

/* A frame begins with its type and four bytes of length, the most significant first. */
enum { HEADER = 5 };

/* Set before a dying process closes its files: PF_EXITING in include/linux/sched.h of Linux. */
enum { EXITING = 4 };

/* Bytes of the longest answer. */
enum { LONGEST_ANSWER = 4096 };

/* Frames that have not been sent yet. */
static unsigned char frames[64 * 1024];
static size_t used;

/* Less room than this is not read into. */
enum { LEAST = 4096 };

static int runner = -1;

static _Noreturn void fail(void) { _exit(FAILED); }

static void send_all(const unsigned char *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = write(runner, bytes, length);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) fail();
    bytes += sent;
    length -= (size_t)sent;
  }
}

static void flush(void) {
  send_all(frames, used);
  used = 0;
}

static void put_header(char type, size_t length) {
  unsigned char *to = frames + used;
  to[0] = (unsigned char)type;
  to[1] = (unsigned char)(length >> 24);
  to[2] = (unsigned char)(length >> 16);
  to[3] = (unsigned char)(length >> 8);
  to[4] = (unsigned char)length;
}

/* An argument may be longer than the buffer. */
static void put_argument(const char *text) {
  size_t length = strlen(text);
  if (length > sizeof frames - HEADER - used) flush();
  put_header('A', length);
  used += HEADER;
  if (length > sizeof frames - used) {
    flush();
    send_all((const unsigned char *)text, length);
  } else {
    memcpy(frames + used, text, length);
    used += length;
  }
}

/* Passes standard input on, to its end. */
static void put_message(void) {
  for (;;) {
    if (sizeof frames - used < HEADER + LEAST) flush();
    ssize_t got = read(MESSAGE, frames + used + HEADER, sizeof frames - used - HEADER);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail();
    if (got == 0) return;
    put_header('B', (size_t)got);
    used += HEADER + (size_t)got;
  }
}

/* Connects. Ends with NOBODY only where no runner listens; the message has not been read then. */
static void connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  /* No runner can listen on a path that is too long for an address. */
  if (length >= sizeof address.sun_path) _exit(NOBODY);
  memcpy(address.sun_path, path, length + 1);
  runner = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (runner < 0) fail();
  if (connect(runner, (struct sockaddr *)&address, sizeof address) == 0) return;
  _exit(errno == ENOENT || errno == ECONNREFUSED ? NOBODY : FAILED);
}

struct process {
  long parent;
  unsigned long flags;
};

/* Writes a number in decimal. Returns where it ends. */
static char *put_number(char *to, long number) {
  char digits[24];
  size_t count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  while (count > 0) *to++ = digits[--count];
  return to;
}

/* Reads /proc/PID/stat (proc(5)). Returns whether that could be read. */
static int read_process(long pid, struct process *process) {
  char text[1024];
  char *end = put_number(stpcpy(text, "/proc/"), pid);
  strcpy(end, "/stat");
  int file = open(text, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return 0;
  text[length] = 0;
  /* The name, which is the second field, is in parentheses and may contain any character. The state follows. */
  char *field = strrchr(text, ')');
  if (field == NULL || strlen(field) < 4) return 0;
  field += 4;
  process->parent = strtol(field, &field, 10);
  for (int skipped = 0; skipped < 4; skipped++) strtol(field, &field, 10);
  process->flags = strtoul(field, &field, 10);
  return 1;
}

/*
 * Ends when pipe(8) is gone: the end of standard input is then not that of the message, and pipe(8) will send it again. `wall` is
 * candy-pipe and `pipe` its parent when it began. A process that dies closes its files before its children see that it is dead.
 */
static void check_upstream(long wall, long pipe) {
  struct process upstream = {0}, child = {0};
  /* pipe(8) is read before its child: one that has ended by then is not the child's parent any more. Of other accounts' processes /proc
   * may show nothing (hidepid= in proc(5)). */
  read_process(pipe, &upstream);
  if (read_process(wall, &child)) {
    if (child.parent != pipe) fail();
  } else if (access("/proc/self/stat", F_OK) == 0) {
    fail();
  }
  if (pipe <= 1 || getppid() != wall || ((upstream.flags | child.flags) & EXITING) != 0) fail();
}

/* Waits until the runner has something to read, or has closed. Ends when nobody reads the output of candy-pipe any more. */
static void wait_for_runner(void) {
  struct pollfd watched[] = {{.fd = runner, .events = POLLIN}, {.fd = OUTPUT, .events = 0}};
  for (;;) {
    int ready = poll(watched, 2, -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) fail();
    if (watched[0].revents != 0) return;
    if ((watched[1].revents & POLLERR) != 0) fail();
    /* It is closed or no pipe, as pipe(8) never has it: there is nothing to watch. */
    watched[1].fd = -1;
  }
}

/* Reads the answer, a status and a text on one line. Gives the text to pipe(8). */
static _Noreturn void answer(void) {
  static char line[LONGEST_ANSWER];
  size_t length = 0;
  char *end = NULL;
  while (end == NULL) {
    wait_for_runner();
    if (length == sizeof line) fail();
    ssize_t got = read(runner, line + length, sizeof line - length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail();
    end = memchr(line + length, '\n', (size_t)got);
    length += (size_t)got;
  }
  char *text = memchr(line, ' ', (size_t)(end - line));
  if (text == NULL) fail();
  *text++ = 0;
  /* pipe(8) bounces for a text that begins with 5 even when the status is 75. */
  int status = FAILED;
  if (strcmp(line, "0") == 0) status = TAKEN;
  else if (strcmp(line, "69") == 0 && *text == '5') status = REFUSED;
  else if (strcmp(line, "75") == 0 && *text == '4') status = LATER;
  else fail();
  /* What cannot be written is not read either: the status is what counts. */
  if (end > text && write(OUTPUT, text, (size_t)(end - text) + 1) < 0) errno = 0;
  _exit(status);
}

/* candy-handover SOCKET SECONDS PID PID ARGUMENT...: the process ids are those of candy-pipe and of pipe(8). */
int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--version") == 0) {
    return write(STDOUT_FILENO, VERSION, sizeof VERSION - 1) == sizeof VERSION - 1 ? 0 : FAILED;
  }
  if (argc < 5) fail();
  unsigned long seconds = strtoul(argv[2], NULL, 10);
  long wall = strtol(argv[3], NULL, 10);
  long pipe = strtol(argv[4], NULL, 10);
  if (seconds == 0) fail();
  signal(SIGPIPE, SIG_IGN);
  /* When its time is over, SIGALRM ends the process, before pipe(8) would bounce the message. */
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGALRM, SIG_DFL);
  alarm((unsigned int)seconds);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != wall) fail();
  connect_to(argv[1]);
  for (int index = 5; index < argc; index++) put_argument(argv[index]);
  put_message();
  check_upstream(wall, pipe);
  if (used > sizeof frames - HEADER) flush();
  put_header('E', 0);
  used += HEADER;
  flush();
  answer();
}

/** What the operating system refuses, as a sentence for the person who has to do something about it (errno(3)). */

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied: run this as root',
  EDQUOT: 'the disk quota is used up: make room, then try again',
  EFBIG: 'the file would be larger than is allowed (ulimit -f)',
  EIO: 'the disk fails to read or write',
  EMFILE: 'too many files are open (ulimit -n)',
  ENFILE: 'too many files are open on this machine',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space is left on the disk: make room, then try again',
  ENOTDIR: 'something on this path is no directory',
  EPERM: 'not permitted: run this as root; an immutable file (lsattr) nobody may change',
  EROFS: 'the file system is read-only: remount it read-write, then try again',
}

/** The error of a system call as a sentence with its path; undefined for any other error. */
export function systemErrorText(error: unknown): string | undefined {
  const { code, syscall, path, message } = error as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return undefined
  const what = REASONS[code] ?? message
  return path === undefined ? `${syscall}: ${what}` : `${path}: ${what}`
}

/** Turns an error of a system call (errno(3)) into a sentence that tells the operator what to do. */

interface Meaning {
  readonly text: string
  /** What is to be changed: what the command was given (`input`), the rights of its user, the disk, or the system as a whole. */
  readonly kind: 'input' | 'rights' | 'disk' | 'system'
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: { kind: 'rights', text: 'permission denied: run this as root' },
  EDQUOT: { kind: 'disk', text: 'the disk quota is used up: make room, then try again' },
  EFBIG: {
    kind: 'disk',
    text: 'the file would be larger than is allowed: raise the limit (ulimit -f), then try again',
  },
  EIO: { kind: 'disk', text: 'the disk fails to read or write: look at the kernel log (dmesg)' },
  EISDIR: { kind: 'input', text: 'it is a directory, and a file is wanted' },
  ELOOP: { kind: 'input', text: 'it is a symbolic link, or there are too many on this path' },
  EMFILE: { kind: 'system', text: 'too many files are open: raise the limit (ulimit -n), then try again' },
  ENFILE: { kind: 'system', text: 'too many files are open on this machine: try again later' },
  ENOENT: { kind: 'input', text: 'no such file or directory' },
  ENOSPC: { kind: 'disk', text: 'no space is left on the disk: make room, then try again' },
  ENOTDIR: { kind: 'input', text: 'something on this path is no directory' },
  EPERM: { kind: 'rights', text: 'not permitted: run this as root; an immutable file (lsattr) nobody may change' },
  EROFS: { kind: 'disk', text: 'the file system is read-only: mount it for writing, then try again' },
}

/** An error of a system call. `text` begins with the path that it concerns, or with the name of the call. */
export interface SystemError {
  readonly kind: Meaning['kind']
  readonly text: string
}

/** Returns undefined for an error that no system call has caused. */
export function asSystemError(error: unknown): SystemError | undefined {
  const { code, syscall, path, message } = error as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return undefined
  const { kind, text } = MEANINGS[code] ?? { kind: 'system', text: message }
  return { kind, text: `${path ?? syscall}: ${text}` }
}

/** A file system with hardly any room, where a process sees it and nobody else does. */
import { execFileSync } from 'node:child_process'

/** Lays one over `path` in the mount namespace of the process; what it returns takes it away. */
export function fillDisk(pid: number, path: string): () => void {
  const enter = ['-m', '-t', String(pid)]
  execFileSync('nsenter', [...enter, 'mount', '-t', 'tmpfs', '-o', 'size=16k,mode=777', 'none', path])
  return () => void execFileSync('nsenter', [...enter, 'umount', '-l', path])
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { applyEdits, parse, readText, setField, updateText } from '../src/index.js'

const before = 'smtp inet n - y - - smtpd\n# \xe9\xff\n'
const smtp = { service: 'smtp', type: 'inet' }

let directory = ''
let path = ''
let children: ChildProcess[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'master-cf-'))
  path = join(directory, 'master.cf')
  writeFileSync(path, before, 'latin1')
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  rmSync(directory, { recursive: true })
})

const append = (text: string): string => `${text}#\n`
const sleep = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

function expectUntouched(text = before): void {
  expect(readText(path)).toBe(text)
  expect(readdirSync(directory)).toEqual(['master.cf'])
}

/** Runs a program that prints something on standard output. Resolves when it has. */
async function start(program: string): Promise<ChildProcess> {
  const file = new URL('../dist/file.js', import.meta.url).href
  const lock = new URL('../dist/lock.js', import.meta.url).href
  const source = `import { updateText } from '${file}'\nimport { takeLock } from '${lock}'\n${program}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  if (child.stdout !== null) await once(child.stdout, 'data')
  return child
}

function holdLock(): Promise<ChildProcess> {
  return start(`
    takeLock(process.argv[1] + '.tmp', 10_000)
    process.stdout.write('held')
    setInterval(() => undefined, 1000)`)
}

describe('a file is replaced', () => {
  test('byte for byte, and nothing is left beside it', () => {
    expect(updateText(path, append)).toBe(true)
    expectUntouched(`${before}#\n`)
  })

  test('with the owner, group and mode it had', () => {
    // Only root may change the owner of a file.
    const owner = process.getuid?.() === 0 ? { uid: 12_345, gid: 23_456 } : statSync(path)
    chownSync(path, owner.uid, owner.gid)
    chmodSync(path, 0o640)
    updateText(path, append)
    const { uid, gid, mode } = statSync(path)
    expect([uid, gid, mode & 0o7777]).toEqual([owner.uid, owner.gid, 0o640])
  })

  test('where a symbolic link points, and the link stays', () => {
    mkdirSync(join(directory, 'real'))
    renameSync(path, join(directory, 'real/master.cf'))
    symlinkSync('real/master.cf', path)
    updateText(path, append)
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(readText(join(directory, 'real/master.cf'))).toBe(`${before}#\n`)
    expect(readdirSync(join(directory, 'real'))).toEqual(['master.cf'])
  })

  test('by another file, so that who reads the old one reads it to the end', () => {
    const { ino } = statSync(path)
    updateText(path, append)
    expect(statSync(path).ino).not.toBe(ino)
  })

  test('not at all for the same text', () => {
    const { ino, mtimeNs } = statSync(path, { bigint: true })
    expect(updateText(path, (text) => text)).toBe(false)
    expect(statSync(path, { bigint: true })).toMatchObject({ ino, mtimeNs })
    expectUntouched()
  })
})

describe('a file stays as it is', () => {
  test('when making the new text throws', () => {
    expect(() =>
      updateText(path, () => {
        throw new RangeError('no')
      }),
    ).toThrow(RangeError)
    expectUntouched()
  })

  test('when someone appended to it meanwhile, as package scripts do', () => {
    const change = (text: string): string => {
      appendFileSync(path, 'other unix - - n - - other\n')
      return append(text)
    }
    expect(() => updateText(path, change)).toThrowError(expect.objectContaining({ code: 'FILE_CHANGED' }))
    expectUntouched(`${before}other unix - - n - - other\n`)
  })

  test('when an editor replaced it by an equal one meanwhile', () => {
    const change = (text: string): string => {
      writeFileSync(join(directory, 'new'), before, 'latin1')
      renameSync(join(directory, 'new'), path)
      return append(text)
    }
    expect(() => updateText(path, change)).toThrowError(expect.objectContaining({ code: 'FILE_CHANGED' }))
    expectUntouched()
  })

  test('when the new text has characters that are no bytes', () => {
    expect(() => updateText(path, (text) => `${text}\u20ac`)).toThrowError(
      expect.objectContaining({ code: 'BAD_VALUE' }),
    )
    expectUntouched()
  })

  test('when the temporary file cannot be made', () => {
    mkdirSync(`${path}.tmp`)
    expect(() => updateText(path, append)).toThrowError(expect.objectContaining({ code: 'EISDIR' }))
    expect(readText(path)).toBe(before)
  })

  test('when a link stands where the temporary file should', () => {
    writeFileSync(join(directory, 'victim'), 'precious')
    symlinkSync('victim', `${path}.tmp`)
    expect(() => updateText(path, append)).toThrowError(expect.objectContaining({ code: 'ELOOP' }))
    expect(readFileSync(join(directory, 'victim'), 'utf8')).toBe('precious')
    expect(readText(path)).toBe(before)
  })

  test('when it is no regular file', () => {
    rmSync(path)
    mkdirSync(path)
    expect(() => updateText(path, append)).toThrowError(/not a regular file/)
    expect(readdirSync(directory)).toEqual(['master.cf'])
  })
})

test('a writer that is killed leaves the old file or the new one, whole', async () => {
  const old = 'a'.repeat(1_000_000)
  const next = 'b'.repeat(1_000_000)
  writeFileSync(path, old)
  for (const delay of [0, 3, 9, 17, 40]) {
    const child = await start(`
      process.stdout.write('ready')
      for (;;) updateText(process.argv[1], (text) => (text[0] === 'a' ? 'b' : 'a').repeat(1_000_000))`)
    sleep(delay)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect([old, next]).toContain(readText(path))
  }
})

describe('the lock', () => {
  test('keeps a second writer waiting, which fails after the given time', async () => {
    const child = await holdLock()
    expect(() => updateText(path, append, { waitMs: 200 })).toThrowError(
      expect.objectContaining({ code: 'FILE_LOCKED' }),
    )
    expect(readText(path)).toBe(before)
    child.kill('SIGKILL')
    await once(child, 'exit')
  })

  test('ends with the process that held it, however that ended', async () => {
    const child = await holdLock()
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(existsSync(`${path}.tmp`)).toBe(true)
    expect(updateText(path, append)).toBe(true)
    expectUntouched(`${before}#\n`)
  })

  test("does not make a crashed writer's temporary file the new file", () => {
    writeFileSync(`${path}.tmp`, 'half a line', { mode: 0o600 })
    updateText(path, append)
    expectUntouched(`${before}#\n`)
  })

  test('does not write into the configuration file itself when a crash has left it under both names', () => {
    linkSync(path, `${path}.tmp`)
    updateText(path, append)
    expectUntouched(`${before}#\n`)
  })

  test("is the one that postconf -Fe takes: neither loses the other's edit", async () => {
    writeFileSync(join(directory, 'main.cf'), 'compatibility_level = 3.6\nmyhostname = mail.example.org\n')
    const postconf = (): ChildProcess => {
      const child = spawn('postconf', ['-c', directory, '-F', '-e', 'smtp/inet/process_limit=7'])
      children.push(child)
      return child
    }
    let other: ChildProcess | undefined
    updateText(path, (text) => {
      other = postconf()
      // Enough time for postconf to finish, if it did not wait for the lock.
      sleep(1000)
      expect(readText(path)).toBe(before)
      return applyEdits(text, setField(parse(text), smtp, 'chroot', 'n'))
    })
    if (other !== undefined) await once(other, 'exit')
    expect(parse(readText(path)).entries[0]).toMatchObject({ chroot: 'n', maxproc: '7' })
  })
})

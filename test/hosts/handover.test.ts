/**
 * packages/handover: the programs are built again, from packages of Debian that are fetched for it, and that for arm64 hands a
 * message over on an emulated processor.
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand, tryCommand } from '../kit/command.js'
import { kept } from './cache.js'

const PACKAGES = resolve(import.meta.dirname, '../../packages')
const PACKAGE = join(PACKAGES, 'handover')
const PROGRAMS = ['handover-linux-x64/bin/candy-handover', 'handover-linux-arm64/bin/candy-handover'] as const

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'candy-handover-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

async function build(out: string, toolchain: string): Promise<void> {
  await runCommand('env', [`CANDY_TOOLCHAIN=${toolchain}`, join(PACKAGE, 'build'), out])
}

test('building them twice gives the bytes that are in the repository', async () => {
  const list = await readFile(join(PACKAGE, 'toolchain'))
  const name = createHash('sha256').update(list).digest('hex').slice(0, 16)
  const toolchain = await kept(`handover-${name}`, (draft) => build(join(scratch, 'first'), draft))
  for (const out of ['second', 'third']) {
    await build(join(scratch, out), toolchain)
    for (const program of PROGRAMS) {
      const made = await readFile(join(scratch, out, program))
      expect(made.equals(await readFile(join(PACKAGES, program)))).toBe(true)
    }
  }
})

/** The path of qemu for arm64, which needs no library. Debian has it in one of two packages. */
async function emulator(): Promise<string> {
  const directory = await kept('qemu-user', async (draft) => {
    await mkdir(draft)
    for (const name of ['qemu-user-static', 'qemu-user']) {
      await runCommand('sh', ['-c', `cd ${draft} && apt-get download ${name} && dpkg-deb -x ./*.deb . && rm ./*.deb`])
      if ((await programsIn(draft)).length > 0) break
    }
    await runCommand('find', [draft, '-type', 'f', '!', '-name', 'qemu-aarch64*', '-delete'])
  })
  const [program = ''] = await programsIn(directory)
  return join(directory, 'usr/bin', program)
}

async function programsIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(join(directory, 'usr/bin')).catch(() => [])
  return names.filter((name) => /^qemu-aarch64(?:-static)?$/.test(name))
}

test('the program for arm64 hands a message over', async () => {
  const state = join(scratch, 'state')
  for (const part of ['bin', 'pipe']) await mkdir(join(state, part), { recursive: true })
  const wall = join(state, 'bin/candy-pipe')
  await copyFile(join(PACKAGES, 'runner/bin/candy-pipe'), wall)
  const program = join(PACKAGES, PROGRAMS[1])
  const line = process.arch === 'arm64' ? program : `${await emulator()} ${program}`
  await writeFile(join(state, 'bin/candy-handover'), `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o755 })
  const message = `Subject: x\n\n${'x'.repeat(70)}\n`.repeat(3_000)
  const handOver = async (answer: string | undefined) => {
    const received: Buffer[] = []
    const server = createServer((connection) => {
      connection.on('data', (chunk: Buffer) => {
        received.push(chunk)
        if (chunk.subarray(-5).equals(Buffer.from('E\0\0\0\0'))) connection.end(answer ?? '')
      })
    })
    if (answer !== undefined) await new Promise<void>((done) => server.listen(join(state, 'pipe/socket'), done))
    const { status, stdout } = await tryCommand(wall, ['--sender=a\xffb', '--', 'c@example.net'], { input: message })
    server.close()
    return { status, output: stdout.toString(), received: Buffer.concat(received).toString() }
  }
  const taken = await handOver('0 taken\n')
  expect(taken).toMatchObject({ status: 0, output: 'taken\n' })
  expect(taken.received.length).toBeGreaterThan(message.length)
  expect(await handOver('69 5.7.1 no\n')).toMatchObject({ status: 69, output: '5.7.1 no\n' })
  const half = await handOver('0 half an')
  expect(half).toMatchObject({ status: 75, output: expect.stringMatching(/^4\.3\.0 .*\n$/) })
  // Nobody listens, and there is no candy.cjs either.
  expect(await handOver(undefined)).toMatchObject({ status: 75, received: '' })
})

/** The programs candy-handover were built from the sources in packages/handover. test/hosts builds them again and compares every byte. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const PACKAGES = resolve(import.meta.dirname, '../../packages')
const PACKAGE = join(PACKAGES, 'handover')

/** EM_X86_64 and EM_AARCH64 of elf(5). */
const MACHINES = { 'handover-linux-x64': 62, 'handover-linux-arm64': 183 }

/** PT_INTERP of elf(5): a program that needs a dynamic linker has such a header. */
const INTERPRETER = 3

test('after an edit the programs are built again, by packages/handover/build', async () => {
  const lines = (await readFile(join(PACKAGE, 'built-from'), 'utf8')).trimEnd().split('\n')
  const names = ['build', 'toolchain', 'src/candy-handover.c']
  const present = await Promise.all(
    names.map(async (name) => {
      const hash = createHash('sha256').update(await readFile(join(PACKAGE, name)))
      return `${hash.digest('hex')}  ${name}`
    }),
  )
  expect(lines).toEqual(present)
})

test.each(Object.entries(MACHINES))(
  '%s has a small program for its processor that needs no library',
  async (name, machine) => {
    const program = await readFile(join(PACKAGES, name, 'bin/candy-handover'))
    expect(program.length).toBeLessThan(20_000)
    expect(program.readUInt16LE(18)).toBe(machine)
    const [offset, size, count] = [
      Number(program.readBigUInt64LE(32)),
      program.readUInt16LE(54),
      program.readUInt16LE(56),
    ]
    const types = Array.from({ length: count }, (_, index) => program.readUInt32LE(offset + index * size))
    expect(types).not.toContain(INTERPRETER)
  },
)

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import {
  applyEdits,
  type Entry,
  FIELDS,
  parse,
  type Setting,
  setField,
  setOption,
  unsetOption,
  type Word,
} from '../src/index.js'
import { parameter, stew, value, wellFormed } from './arbitrary.js'
import { asEntries, asFields, asParameters, Postconf } from './postconf.js'

const postconf = new Postconf()
afterAll(() => postconf.remove())

/** Each question to postconf starts a process, so a property tries few files, and does not ask for -F where -M says the same. */
const RUNS = { numRuns: 25 }

function expectSameMeaning(text: string): void {
  const { entries, problems } = parse(text)
  expect(problems).toEqual([])
  expect(asEntries(entries)).toBe(postconf.show('-M', text))
  const names = entries.map(({ service, type }) => `${service}/${type}`)
  // postconf shows the last duplicate's parameters for all of them.
  if (new Set(names).size === names.length) expect(asParameters(entries)).toBe(postconf.show('-P', text))
}

describe('master.cf is read as by postconf -M, -F and -P', () => {
  test('for the master.cf that Postfix is shipped with', () => {
    const text = readFileSync('/etc/postfix/master.cf.proto', 'latin1')
    expect(parse(text).entries.length).toBeGreaterThan(20)
    expectSameMeaning(text)
    expect(asFields(parse(text).entries)).toBe(postconf.show('-F', text))
  })

  test('for any well-formed file, whatever its layout', () => {
    fc.assert(fc.property(wellFormed, expectSameMeaning), RUNS)
  })

  test('field by field, for any well-formed file', () => {
    fc.assert(
      fc.property(wellFormed, (text) => {
        expect(asFields(parse(text).entries)).toBe(postconf.show('-F', text))
      }),
      RUNS,
    )
  })

  test('for any odd text without a problem, and postconf takes every file that has none', () => {
    // What postconf misreads: it looks past the end of a lone dash, an o in the middle of -oname misleads it, and it
    // leaves the blanks of a name=value that stands in one word, where the daemons' split_nameval() takes them off.
    const misread = (word: Word): boolean =>
      word.text === '-' || /^-\w*o\w*o/.test(word.text) || /[\v\f].*=|=.*[\v\f]/.test(word.text)
    const readable = stew.filter((text) => {
      const { entries, problems } = parse(text)
      return problems.length === 0 && !entries.some(({ words }) => words.slice(8).some(misread))
    })
    fc.assert(
      fc.property(readable, (text) => {
        expect(asEntries(parse(text).entries)).toBe(postconf.show('-M', text))
      }),
      RUNS,
    )
  })

  test('for an option in one word whose name has an o, where postconf 3.7 goes wrong and getopt(3) does not', () => {
    const text = 'smtp inet n - y - - smtpd -ocontent_filter=candy\n'
    expect(parse(text).entries[0]?.options[0]).toMatchObject({ name: 'content_filter', value: 'candy' })
    expect(postconf.show('-M', text)).toMatch('-o c -o ntent_filter=candy')
  })
})

describe('after an edit', () => {
  const target = wellFormed
    .filter((text) => parse(text).entries.length > 0)
    .chain((text) => {
      const entry = fc.constantFrom(...parse(text).entries)
      return fc.record({ text: fc.constant(text), entry, name: parameter, value })
    })
  const winner = (text: string, key: Entry): number =>
    parse(text).entries.findLastIndex((entry) => entry.service === key.service && entry.type === key.type)

  test('postconf reads the option that was set, and every other entry as before', () => {
    fc.assert(
      fc.property(target, ({ text, entry, name, value }) => {
        const after = applyEdits(text, setOption(parse(text), entry, { name, value }))
        expectSameMeaning(after)
        const index = winner(text, entry)
        const edited = parse(after).entries
        expect(edited[index]?.options.findLast((option) => option.name === name)?.value).toBe(value)
        const original = parse(text).entries
        expect(edited[index]?.args).toEqual(original[index]?.args)
        expect(edited.toSpliced(index, 1).map(({ argv }) => argv)).toEqual(
          original.toSpliced(index, 1).map(({ argv }) => argv),
        )
      }),
      RUNS,
    )
  })

  test('postconf no longer reads the option that was unset, and reads the others', () => {
    fc.assert(
      fc.property(target, ({ text, entry, name }) => {
        const after = applyEdits(text, unsetOption(parse(text), entry, name))
        expectSameMeaning(after)
        const index = winner(text, entry)
        const kept = parse(text).entries[index]?.options.filter((option) => option.name !== name)
        const settings = (options: readonly Setting[] = []): Setting[] =>
          options.map((option) => ({ name: option.name, value: option.value }))
        expect(settings(parse(after).entries[index]?.options)).toEqual(settings(kept))
      }),
      RUNS,
    )
  })

  test('postconf reads the field that was set', () => {
    const values = { private: 'n', unprivileged: 'n', chroot: 'y', wakeup: '300?', maxproc: '7', command: 'spawn' }
    fc.assert(
      fc.property(target, fc.constantFrom(...FIELDS), ({ text, entry }, field) => {
        const after = applyEdits(text, setField(parse(text), entry, field, values[field]))
        expectSameMeaning(after)
        expect(parse(after).entries[winner(text, entry)]?.[field]).toBe(values[field])
      }),
      RUNS,
    )
  })
})

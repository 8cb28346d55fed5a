import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import {
  addService,
  applyEdits,
  commentOut,
  type Edit,
  type Field,
  type MasterCf,
  parse,
  print,
  removeService,
  type Service,
  type ServiceKey,
  setField,
  setOption,
  unsetOption,
} from '../src/index.js'
import { asEntries, Postconf } from './postconf.js'

/** NN-what.cf with the edits of NN-what.edits.json is NN-what.expected.cf. Where a refusal is expected, that file is the unchanged one. */
const directory = new URL('fixtures/', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, directory), 'latin1')
const stems = readdirSync(directory).flatMap((name) => /^(\d\d-.*)\.edits\.json$/.exec(name)?.[1] ?? [])

type Step =
  | ['setField', string, Field, string]
  | ['setOption', string, string, string]
  | ['unsetOption', string, string]
  | ['addService', Service]
  | ['removeService' | 'commentOut', string]

function edit(file: MasterCf, step: Step): readonly Edit[] {
  if (step[0] === 'addService') return addService(file, step[1])
  const slash = step[1].lastIndexOf('/')
  const key: ServiceKey = { service: step[1].slice(0, slash), type: step[1].slice(slash + 1) }
  switch (step[0]) {
    case 'setField':
      return setField(file, key, step[2], step[3])
    case 'setOption':
      return setOption(file, key, { name: step[2], value: step[3] })
    case 'unsetOption':
      return unsetOption(file, key, step[2])
    case 'removeService':
      return removeService(file, key)
    case 'commentOut':
      return commentOut(file, key)
  }
}

const postconf = new Postconf()
afterAll(() => postconf.remove())

test.each(stems)('%s', (stem) => {
  const before = read(`${stem}.cf`)
  const expected = read(`${stem}.expected.cf`)
  const { edits, refuses }: { edits: Step[]; refuses?: string } = JSON.parse(read(`${stem}.edits.json`))
  expect(print(parse(before))).toBe(before)
  let after = before
  let refusal: unknown
  try {
    for (const step of edits) after = applyEdits(after, edit(parse(after), step))
  } catch (error) {
    refusal = error
  }
  expect(refusal).toEqual(refuses === undefined ? undefined : expect.objectContaining({ code: refuses }))
  expect(after).toBe(expected)
  if (refuses !== undefined) return
  for (const text of [before, after]) expect(asEntries(parse(text).entries)).toBe(postconf.show('-M', text))
  for (const step of edits) expect(edit(parse(after), step)).toEqual([])
})

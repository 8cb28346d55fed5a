import { expect, test } from 'vitest'
import { createPolicy, type Patterns, type Treatment, UNSCANNABLE } from '../src/policy.js'

const none: Patterns = { reject: [], quarantine: [], tag: [], ignore: [], unscannable: [] }
const usual: Patterns = { ...none, tag: ['Heuristics.*', 'PUA.*'], unscannable: UNSCANNABLE }

test.each<[string, Treatment]>([
  ['Win.Trojan.Agent-1', 'reject'],
  ['Win.Trojan.Agent-1.UNOFFICIAL', 'reject'],
  ['Heuristics.Phishing.Email.SpoofedDomain', 'tag'],
  ['Heuristics.Broken.Executable', 'tag'],
  ['heuristics.Encrypted.Zip', 'unscannable'],
  ['Heuristics.Encrypted.PDF', 'unscannable'],
  ['Heuristics.Email.ExceedsMaxMIMEPartsPerMessage', 'unscannable'],
  ['Heuristics.XZ.DicSizeLimit', 'unscannable'],
  ['Heuristics.Zip.OverlappingFiles', 'unscannable'],
  ['PUA.Win.Packer.X-1.UNOFFICIAL', 'tag'],
  ['Heuristics.Limits.Exceeded', 'unscannable'],
  ['Heuristics.Limits.Exceeded.MaxScanSize', 'unscannable'],
  ['NotHeuristics.X', 'reject'],
  ['HeuristicsX', 'reject'],
  ['', 'reject'],
])('%j is treated as %s', (name, treatment) => {
  expect(createPolicy(usual)(name)).toBe(treatment)
})

test('the pattern with the most literal characters decides, wherever it is in the lists', () => {
  const treat = createPolicy({ ...usual, quarantine: ['*'], ignore: ['Heuristics.Broken.*'], reject: ['PUA.Win.*'] })
  expect(treat('Win.X')).toBe('quarantine')
  expect(treat('Heuristics.Broken.Executable')).toBe('ignore')
  expect(treat('Heuristics.Other')).toBe('tag')
  expect(treat('PUA.Win.X')).toBe('reject')
})

test('of two patterns with as many literal characters the stricter list decides', () => {
  expect(createPolicy({ ...none, ignore: ['*.Dropper'], reject: ['Doc.XXXX*'] })('Doc.XXXX.Dropper')).toBe('reject')
})

test('third-party signatures can be told apart by the end that clamd gives them', () => {
  const treat = createPolicy({ ...none, quarantine: ['*.UNOFFICIAL'], ignore: ['Local.Exact.Name'] })
  expect(treat('Sane.Security.UNOFFICIAL')).toBe('quarantine')
  expect(treat('Local.Exact.Name.UNOFFICIAL')).toBe('ignore')
  expect(treat('Win.X')).toBe('reject')
})

test('only * and ? have a meaning in a pattern', () => {
  const treat = createPolicy({ ...none, ignore: ['A.B', 'C(+)[x]', 'D?'] })
  expect(treat('A.B')).toBe('ignore')
  expect(treat('AxB')).toBe('reject')
  expect(treat('C(+)[x]')).toBe('ignore')
  expect(treat('D1')).toBe('ignore')
  expect(treat('D12')).toBe('reject')
})

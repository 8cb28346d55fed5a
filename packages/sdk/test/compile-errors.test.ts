/**
 * What an author reads when a filter does not compile: the compiler is run on small files, each wrong in one way. A bare
 * `@ts-expect-error` would also be content with a misspelt import.
 */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'

const FIXTURES = new URL('./fixtures/types/', import.meta.url)
const TSC = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url))

/** File to line and message: the messages that its author must find in the compiler's output. */
const EXPECTED: Readonly<Record<string, readonly (readonly [line: number, message: string])[]>> = {
  '00-right.ts': [],
  '01-wrong-option.ts': [[8, "Property 'limits' does not exist on type '{ limit: number; }'"]],
  '02-wrong-verdict-member.ts': [
    [3, "'code' does not exist in type 'readonly HeaderEdit[]'"],
    [4, "'{ text: string; }' is not assignable to parameter of type 'string'"],
  ],
  '03-wrong-action.ts': [
    [8, `'"discard"' is not assignable to type '"defer" | "quarantine" | "reject" | "unscannable"'`],
  ],
  '04-wrong-status.ts': [
    [3, "'string' is not assignable to parameter of type 'readonly [subject: number, detail: number]'"],
  ],
  '05-content-without-rewrites.ts': [[8, "'() => Bytes' is not assignable to type 'ContentNeedsRewritesTrue'"]],
  '06-wrong-api.ts': [[4, "Type '2' is not assignable to type '1'"]],
  '07-header-edit-by-hand.ts': [[3, "Property 'value' is missing in type '{ add: string; }'"]],
  '08-verdict-member-by-hand.ts': [[8, "'message' does not exist in type 'Refusal'"]],
  '09-content-is-no-function.ts': [[3, "'Bytes' is not assignable to parameter of type '() => Bytes'"]],
  '10-options-are-no-schema.ts': [[3, "'limit' does not exist in type 'StandardSchemaV1"]],
}

const errors = new Map<string, { line: number; message: string }[]>()

beforeAll(async () => {
  const project = fileURLToPath(new URL('tsconfig.json', FIXTURES))
  const output = await new Promise<string>((resolve) => {
    execFile(TSC, ['-p', project, '--pretty', 'false'], (_failed, stdout, stderr) => resolve(stdout + stderr))
  })
  for (const message of output.split(/\n(?=\S)/)) {
    const [, file, line] = /([^/\\(]+)\((\d+),\d+\): error TS\d+/.exec(message) ?? []
    if (file === undefined) continue
    errors.set(file, [...(errors.get(file) ?? []), { line: Number(line), message }])
  }
})

test('every file has its row', () => {
  expect(readdirSync(FIXTURES).filter((name) => name.endsWith('.ts'))).toEqual(Object.keys(EXPECTED))
})

describe.each(Object.entries(EXPECTED))('%s', (file, expected) => {
  test('says what is wrong, and where', () => {
    const found = errors.get(file) ?? []
    expect(found.length === 0).toBe(expected.length === 0)
    for (const [line, message] of expected) {
      expect(found).toContainEqual({ line, message: expect.stringContaining(message) })
    }
  })
})

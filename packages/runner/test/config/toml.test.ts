import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Problem, printProblem } from '../../src/config/problem.js'
import { parseDocument, printPath, type TomlDocument, type TomlPath } from '../../src/config/toml.js'

function parse(text: string): TomlDocument {
  const problems: Problem[] = []
  const document = parseDocument(text, '/x.toml', problems)
  if (document === undefined) throw new Error(JSON.stringify(problems))
  return document
}

describe('where something stands', () => {
  const text = [
    'top = 1', //                          1
    'dotted.inner . "last one" = 2', //    2
    '[table]', //                          3
    '  list = [1, { deep = 2 }]', //       4
    '[table.sub]', //                      5
    'x = """', //                          6
    '"""', //                              7
    '[[many]]', //                         8
    'a = 1', //                            9
    '[[many]]', //                        10
    'a = 2', //                           11
    '[many.below]', //                    12
    'b = 3', //                           13
  ].join('\n')
  const document = parse(text)

  test.each<[TomlPath, [number, number], [number, number]]>([
    [['top'], [1, 1], [1, 7]],
    [['dotted'], [2, 1], [2, 1]],
    [
      ['dotted', 'inner'],
      [2, 8],
      [2, 8],
    ],
    [
      ['dotted', 'inner', 'last one'],
      [2, 16],
      [2, 29],
    ],
    [['table'], [3, 2], [3, 2]],
    [
      ['table', 'list'],
      [4, 3],
      [4, 10],
    ],
    [
      ['table', 'list', 1],
      [4, 14],
      [4, 14],
    ],
    [
      ['table', 'list', 1, 'deep'],
      [4, 16],
      [4, 23],
    ],
    [
      ['table', 'sub'],
      [5, 8],
      [5, 8],
    ],
    [
      ['table', 'sub', 'x'],
      [6, 1],
      [6, 5],
    ],
    [
      ['many', 0, 'a'],
      [9, 1],
      [9, 5],
    ],
    [
      ['many', 1],
      [10, 3],
      [10, 3],
    ],
    [
      ['many', 1, 'a'],
      [11, 1],
      [11, 5],
    ],
    [
      ['many', 1, 'below'],
      [12, 7],
      [12, 7],
    ],
    [
      ['many', 1, 'below', 'b'],
      [13, 1],
      [13, 5],
    ],
  ])('%j has its key and its value there', (path, key, value) => {
    expect(document.key(path)).toEqual({ line: key[0], column: key[1] })
    expect(document.position(path)).toEqual({ line: value[0], column: value[1] })
  })

  test('a missing key is at the position of its nearest parent, and at the top of the file without one', () => {
    expect(document.position(['table', 'sub', 'y', 'z'])).toEqual({ line: 5, column: 8 })
    expect(document.position(['table', 'list', 7])).toEqual({ line: 4, column: 10 })
    expect(document.position(['nothing', 'at', 'all'])).toEqual({ line: 1, column: 1 })
  })

  test('columns of a file with a byte order mark are those an editor shows', () => {
    expect(parse('\ufeffa = 1').key(['a'])).toEqual({ line: 1, column: 1 })
  })
})

test('a key named __proto__ reaches no prototype, wherever it stands', () => {
  for (const text of [
    '__proto__ = 1',
    '[a.__proto__]\nb = 1',
    'a = { __proto__ = { b = 1 } }',
    'a."__proto__".b = 1',
  ]) {
    const problems: Problem[] = []
    expect(parseDocument(text, '/x.toml', problems)).toBeUndefined()
    expect(problems).toMatchObject([{ key: '__proto__', line: 1 }])
  }
  expect(Object.prototype).not.toHaveProperty('b')
})

test('any text is a document or a problem with a place inside the text', () => {
  const fragment = fc.constantFrom(
    'a',
    '=',
    '"',
    '[',
    ']',
    '{',
    '}',
    '\n',
    '\r\n',
    ' ',
    '.',
    ',',
    '#',
    '1',
    '\u0000',
    'é',
    "'''",
  )
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 40 }), (parts) => {
      const text = parts.join('')
      const problems: Problem[] = []
      const document = parseDocument(text, '/x.toml', problems)
      expect(problems).toHaveLength(document === undefined ? 1 : 0)
      const [problem] = problems
      if (problem === undefined) return
      const lines = text.split(/\r?\n/)
      expect(problem.line).toBeLessThanOrEqual(lines.length)
      expect(problem.column).toBeGreaterThanOrEqual(1)
    }),
    { numRuns: 2000 },
  )
})

test('a path is printed as an operator would write it', () => {
  expect(printPath(['options', 'rules', 0, 'name', 'a b'])).toBe('options.rules[0].name."a b"')
})

describe('what would end the stack of a parser', () => {
  const refused = (text: string): string => {
    const problems: Problem[] = []
    expect(parseDocument(text, 'FILE', problems)).toBeUndefined()
    return problems.map(printProblem).join('\n')
  }

  test.each([
    ['arrays', `x = 1\nlist = ${'['.repeat(200_000)}${']'.repeat(200_000)}`],
    ['arrays that do not end', `x = 1\nlist = ${'['.repeat(200_000)}`],
  ])('%s inside each other are refused, with the place', (_, text) => {
    expect(refused(text)).toBe('FILE:2:72: more than 64 arrays and tables inside each other')
  })

  test('so are tables', () => {
    expect(refused(`a = ${'{ a = '.repeat(50_000)}1${' }'.repeat(50_000)}`)).toMatch(/^FILE:1:\d+: more than 64 arrays/)
  })

  test('and a key of very many parts', () => {
    expect(refused(`a = 1\n${Array(20_000).fill('b').join('.')} = 1`)).toBe('FILE:2:1: a key of more than 64 parts')
    expect(refused(`[${Array(20_000).fill('b').join('.')}]`)).toBe('FILE:1:2: a key of more than 64 parts')
  })

  test('while brackets in strings and comments are only text', () => {
    const brackets = '['.repeat(1_000)
    const text = `a = "${brackets}\\"${brackets}"\nb = '${brackets}'\nc = """\n"${brackets}"""\nd = '''\n${brackets}''' # ${brackets}\n`
    expect(Object.keys(parse(text).value)).toEqual(['a', 'b', 'c', 'd'])
  })
})

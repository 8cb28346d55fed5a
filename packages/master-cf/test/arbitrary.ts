/** Random master.cf texts: well-formed ones in every layout master(5) allows, and soups of what is hard to read. */
import fc from 'fast-check'

const newline = fc.constantFrom('\n', '\r\n')
const comment = fc
  .tuple(fc.constantFrom('', ' ', '\t'), fc.string({ maxLength: 8, unit: fc.constantFrom(...' #{}=-o\xe9\tab$%') }))
  .map(([indent, text]) => `${indent}#${text}`)
const blankLine = fc.constantFrom('', ' ', '\t \t')

/** What may stand between two words: blanks, or a fold with comments and blank lines in it. */
function gap(eol: string): fc.Arbitrary<string> {
  const fold = fc
    .tuple(
      fc.constantFrom('', ' ', '\t'),
      fc.array(fc.oneof(comment, blankLine), { maxLength: 2 }),
      fc.constantFrom(' ', '  ', '\t', '    '),
    )
    .map(([before, between, indent]) => `${before}${[eol, ...between.map((line) => line + eol)].join('')}${indent}`)
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(' ', '   ', '\t') }, { weight: 1, arbitrary: fold })
}

const mails = '$%=,:/.[]@"\'!^~+\\abz019_-\xe9\xff'
const word = fc
  .tuple(
    fc.constantFrom('a', '%', '$', '[', '\xc3\xa9', '/'),
    fc.string({ maxLength: 6, unit: fc.constantFrom(...mails) }),
  )
  .map((parts) => parts.join(''))
/** Without an `o`: postconf 3.7 mistakes an `o` within `-oname` for another option. */
export const parameter: fc.Arbitrary<string> = fc.constantFrom('a', 'filter', 'mynetwrks', 'p_1', 'x-y')
export const value: fc.Arbitrary<string> = fc.oneof(
  fc.constant(''),
  word,
  word.map((text) => `${text}{${text}}`),
  fc.tuple(word, word).map(([a, b]) => `${a}, ${b}`),
)
const blankless = value.filter((text) => !/[ \t]/.test(text))

function option(eol: string): fc.Arbitrary<string> {
  const between = gap(eol)
  const braced = fc
    .tuple(between, between, between, parameter, value, between, fc.boolean())
    .map(([a, b, c, name, text, d, tight]) =>
      tight ? `-o${a}{${name}=${text}}` : `-o${a}{${b}${name}${c}=${d}${text} }`,
    )
  return fc.oneof(
    fc.tuple(between, parameter, blankless).map(([a, name, text]) => `-o${a}${name}=${text}`),
    braced,
    fc.tuple(parameter, blankless).map(([name, text]) => `-o${name}=${text}`),
    fc.tuple(between, parameter, blankless).map(([a, name, text]) => `-vo${a}${name}=${text}`),
    fc.tuple(parameter, value).map(([name, text]) => `-o{ ${name} = ${text} }`),
    fc.constantFrom('-v', '-D'),
  )
}

const name = {
  inet: fc.constantFrom('smtp', '25', '127.0.0.1:smtp', '[::1]:10026', 'localhost:10025', '::1:smtp'),
  other: fc.constantFrom('smtp', 'candy-in', 'pickup', 'a/b', 'x%y', '\xe9'),
}
const boolean = fc.constantFrom('y', 'n', '-')

function entry(eol: string): fc.Arbitrary<string> {
  const inet = fc.tuple(name.inet, fc.constant('inet'), fc.constant('n'))
  const local = fc.tuple(name.other, fc.constantFrom('unix', 'unix-dgram', 'fifo', 'pass'), boolean)
  const argument = fc.oneof(
    word,
    fc.tuple(word, gap(eol), word).map(([a, b, c]) => `{${a}${b}${c}}`),
    word.map((text) => `{ ${text} }`),
  )
  return fc
    .tuple(
      fc.oneof(inet, local),
      fc.tuple(boolean, boolean, fc.constantFrom('-', '0', '60', '1000?'), fc.constantFrom('-', '0', '10')),
      fc.constantFrom('smtpd', 'pipe', 'lmtp'),
      fc.array(option(eol), { maxLength: 4 }),
      fc.array(argument, { maxLength: 3 }),
      fc.array(gap(eol), { minLength: 5, maxLength: 5 }),
      fc.constantFrom('', ' ', '\t'),
    )
    .map(([start, fields, command, options, args, gaps, trail]) => {
      const words = [...start, ...fields, command, ...options, ...args]
      const spaced = words.map((text, index) => (index === 0 ? text : (gaps[index % 5] ?? ' ') + text))
      return spaced.join('') + trail
    })
}

/** A well-formed file: neither we nor Postfix find a problem in it. */
export const wellFormed: fc.Arbitrary<string> = newline.chain((eol) =>
  fc
    .tuple(
      fc.array(fc.oneof({ weight: 3, arbitrary: entry(eol) }, comment, blankLine), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
    )
    .map(([lines, complete]) => lines.join(eol) + (complete ? eol : '')),
)

const crumbs = [
  'smtp inet n - y - - smtpd',
  'candy-in unix - - n 60? 0 pipe',
  'smtp\tinet\tn\t-\ty\t-\t-\tsmtpd\r\n',
  '-o',
  ' -oa=b',
  ' -o{ a = b }',
  ' -vo',
  ' -v',
  ' -- ',
  'a=b',
  ' { a = b c }',
  ...' \t\n\r\0\v\f#{}=-?\xa0\x85\xe9',
  '\n',
  '\n  ',
  '\r\n\t',
  '\n#',
]
/** Random text, made of characters that are hard to parse. */
export const soup: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...crumbs), { maxLength: 24 })
  .map((parts) => parts.join(''))

/** A service, followed by a little of that, so that the text is often well-formed. */
export const stew: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('smtp inet n - y - - smtpd', 'x unix - - - - - pipe a'),
    fc.array(fc.constantFrom(...crumbs), { maxLength: 5 }),
  )
  .map(([service, parts]) => service + parts.join(''))

/** Any bytes, one character a byte. */
export const anyBytes: fc.Arbitrary<string> = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'))

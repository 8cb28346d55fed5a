import fc from 'fast-check'
import { expect, test } from 'vitest'
import { markup } from '../../src/report/markup.js'

test('whatever text is put into a template stays text, between elements and in attributes', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'<>&"\'`=/ \\\0aé\u{1f4e7}') }), (text) => {
      const { text: made } = markup`<p title="${text}">${text}</p>`
      expect(made.match(/[<>"]/g)).toHaveLength(6)
      expect(made).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/)
    }),
  )
})

test('templates go into templates as they are, and lists one after another', () => {
  const items = ['a', '<b>'].map((item) => markup`<li>${item}</li>`)
  expect(markup`<ul>${items}</ul>${undefined}${3}`.text).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>3')
})

test('backslashes of the template are not doubled or dropped', () => {
  expect(markup`a\\b${'c\\d'}`.text).toBe('a\\bc\\d')
})

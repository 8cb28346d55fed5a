/**
 * HTML and SVG as values. What is put into a template is text, and is escaped, unless it is such a value itself: so no text of a
 * filter or a stranger can become an element, wherever it is shown. Attributes stand in double quotes.
 */

export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a template may be given. Nothing is printed for `undefined`, and lists are printed without anything between. */
export type Part = Markup | string | number | undefined | readonly Part[]

/** The tag of a template literal: `` markup`<p>${text}</p>` ``. */
export function markup(fixed: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(String.raw({ raw: fixed }, ...parts.map(print)))
}

function print(part: Part): string {
  if (part === undefined) return ''
  if (part instanceof Markup) return part.text
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return part.map(print).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

/**
 * Finds the changes by which the header that Postfix has becomes the one that the filters leave, as packets. Fields that are in both keep
 * every byte. What is removed comes first, from the end of the header, since Postfix counts the fields of a name anew after each packet;
 * what is added comes last, above the Received of Postfix's own, which a milter can neither see nor remove.
 *
 * New content may have any header. Its fields get the order that the filter has given them; a changed field stays where it is.
 */
import { appendHeader, changeHeader, insertHeader, removeHeader } from '@candy/milter'
import { editHeaders, type HeaderEdit, parseHeaders } from '@candy/sdk'
import type { MessageContent } from '../message/content.js'
import { headersWithin } from '../message/header-block.js'

const LF = 10
const COLON = 58

/**
 * Removals times fields, at most: cleanup(8) reads the header from its start for each, and a stranger may have written ten thousand fields
 * that are to be removed.
 */
const WORK_LIMIT = 2_000_000

export interface HeaderChange {
  /** Its first field is the Received that Postfix does not show. */
  readonly original: MessageContent
  readonly final: MessageContent
  /** Whether `final` is new content; else it is `original` with fields removed, and others added on top. */
  readonly rewritten: boolean
  /** The edits that were made of `original`. */
  readonly edits: readonly HeaderEdit[]
}

/** The packets in the order in which they are sent; undefined when the changes are more than Postfix can be asked to make. */
export async function headerChanges(change: HeaderChange): Promise<readonly Buffer[] | undefined> {
  const { original, final, rewritten } = change
  if (final === original) return []
  const [before, after] = [await headersWithin(original), await headersWithin(final)]
  if (after === undefined || before === undefined) return rewritten ? undefined : additionsToLarge(change)
  const old = fieldsOf(before)
  const { removed, changed, appended, top } = align(old, fieldsOf(after), rewritten)
  if ((removed.size + changed.size) * old.length > WORK_LIMIT) return undefined
  return [
    ...removalsAndChanges(old, removed, changed),
    ...appended.map((field) => appendHeader(field.name, field.value)),
    ...top.toReversed().map((field) => insertHeader(0, field.name, field.value)),
  ]
}

/** The place of the Received in the old header. */
const OWN = 0

/** A header that is too large to be compared: no filter sees it, so fields are only added, unless a sender has forged some of candy's. */
function additionsToLarge({ original, final, edits }: HeaderChange): readonly Buffer[] | undefined {
  const top = editHeaders(
    new Uint8Array(),
    edits.filter((edit) => 'add' in edit),
  )
  if (final.size !== original.size + top.length) return undefined
  return fieldsOf(top)
    .toReversed()
    .map((field) => insertHeader(0, field.name, field.value))
}

interface Field {
  /** The whole field with its CRLF, one character a byte. */
  readonly text: string
  readonly name: string
  /** What stands behind the colon, as packets have it: folded with LF, without the last line end. */
  readonly value: Buffer
}

function fieldsOf(block: Uint8Array): Field[] {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.length)
  return parseHeaders(bytes).map(({ name, start, end }) => {
    const text = bytes.toString('latin1', start, end)
    const value = text.slice(text.indexOf(String.fromCharCode(COLON)) + 1).replace(/\r\n$/, '')
    return { text, name, value: Buffer.from(value.replaceAll('\r\n', String.fromCharCode(LF)), 'latin1') }
  })
}

interface Alignment {
  /** Places in the old header. */
  readonly removed: ReadonlySet<number>
  readonly changed: ReadonlyMap<number, Field>
  /** Fields below all others, from the top. */
  readonly appended: readonly Field[]
  /** Fields above all others, from the top. */
  readonly top: readonly Field[]
}

/**
 * Goes from the end of both headers to their tops. A field that the old header has, too, stays; the old fields between it and the one
 * below it are removed. What is new takes the place of an old field of its name that is not wanted any more, or is appended; where neither
 * is possible, all that is left goes to the top, which keeps the order. The Received on top of the old header is Postfix's own.
 */
function align(old: readonly Field[], wanted: readonly Field[], rewritten: boolean): Alignment {
  const places = new Map<string, number[]>()
  for (const [place, { text }] of old.entries()) places.set(text, [...(places.get(text) ?? []), place])
  const firstWanted = new Map<string, number>()
  for (const [place, { text }] of wanted.entries()) if (!firstWanted.has(text)) firstWanted.set(text, place)
  const removed = new Set<number>()
  const changed = new Map<number, Field>()
  const appended: Field[] = []
  let last = old.length - 1
  let rest = wanted.length
  let belowNothing = true
  const removeDownTo = (place: number): void => {
    while (last > place) removed.add(last--)
  }
  while (rest > 0) {
    const field = wanted[rest - 1] as Field
    const place = places.get(field.text)?.findLast((one) => one <= last)
    const candidate = old[last]
    const isUnwanted = candidate !== undefined && (firstWanted.get(candidate.text) ?? rest) >= rest
    if (place !== undefined) {
      removeDownTo(place)
      last--
      belowNothing = false
    } else if (last > OWN && rewritten && isUnwanted && isSameName(candidate, field) && field.value.length > 0) {
      changed.set(last, field)
      last--
      belowNothing = false
    } else if (last > OWN && rewritten && isUnwanted) {
      removed.add(last--)
      continue
    } else if (rewritten && belowNothing) appended.unshift(field)
    else break
    rest--
  }
  removeDownTo(OWN)
  return { removed, changed, appended, top: wanted.slice(0, rest).filter(({ text }) => text !== old[OWN]?.text) }
}

function isSameName(one: Field, other: Field): boolean {
  return one.name.toLowerCase() === other.name.toLowerCase()
}

/** From the end of the header, with the place of each field among those of its name. */
function removalsAndChanges(
  old: readonly Field[],
  removed: ReadonlySet<number>,
  changed: ReadonlyMap<number, Field>,
): readonly Buffer[] {
  const counts = new Map<string, number>()
  const packets: Buffer[] = []
  for (const [place, { name }] of old.entries()) {
    if (place === OWN) continue
    const index = (counts.get(name.toLowerCase()) ?? 0) + 1
    counts.set(name.toLowerCase(), index)
    const field = changed.get(place)
    if (removed.has(place)) packets.push(removeHeader(index, name))
    else if (field !== undefined) packets.push(changeHeader(index, field.name, field.value))
  }
  return packets.toReversed()
}

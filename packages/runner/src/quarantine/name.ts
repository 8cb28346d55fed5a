/** The names of messages in the quarantine: `TIME-ID`, with a number behind them where several have the same. */

/** Characters of an id in a name: the sender of mail may choose it, and the length of a file's name is limited. */
const ID_LIMIT = 40

const NAME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-([A-Za-z0-9]{1,40})(?:-\d{1,4})?$/

/** `time` is ISO 8601, UTC. */
export function makeName({ time, id }: { readonly time: string; readonly id: string }): string {
  const plain = plainId(id)
  return `${time.replace(/[-:]|\.\d+/g, '')}-${plain === '' ? 'NOID' : plain}`
}

export function isName(name: string): boolean {
  return timeOf(name) !== undefined
}

/** When the message came: milliseconds since 1970. Undefined when this is no name of a message. */
export function timeOf(name: string): number | undefined {
  const [, ...parts] = NAME.exec(name) ?? []
  const [year, month, day, hour, minute, second] = parts
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(time) ? undefined : time
}

/**
 * The names that a person may mean by what was typed: a name, else an id, else the beginning of either. More than one where it is
 * ambiguous.
 */
export function namesMeant(typed: string, names: readonly string[]): readonly string[] {
  if (names.includes(typed)) return [typed]
  const id = plainId(typed)
  const byId = names.filter((name) => id !== '' && idOf(name) === id)
  if (byId.length > 0) return byId
  return names.filter((name) => typed !== '' && (name.startsWith(typed) || (id !== '' && idOf(name)?.startsWith(id))))
}

function idOf(name: string): string | undefined {
  return NAME.exec(name)?.at(-1)
}

function plainId(id: string): string {
  return id.replace(/[^A-Za-z0-9]/g, '').slice(0, ID_LIMIT)
}

/** A filter package of one file, for what no honest filter does. */
import { writeFile } from 'node:fs/promises'

export interface FilterFile {
  /** The body of `judge`, which has `message` and `context`, and `host`. */
  readonly judge: string
  /** The body of `check`, where it has one. */
  readonly check?: string
  /** What stands above, outside of it. */
  readonly top?: string
  readonly rewrites?: boolean
}

/** Fields that tests have filters add. */
const FIELDS = "fields: ['X-Judged', 'X-Added']"

/** Writes it; a drop-in then says `filter = "PATH"`. */
export function writeFilterFile(path: string, { judge, check, top = '', rewrites = false }: FilterFile): Promise<void> {
  const options = "{ '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }"
  const checking = check === undefined ? '' : `, check: async (context) => { ${check} }`
  const create = `(_, host) => ({ judge: async (message, context) => { ${judge} }${checking} })`
  const define = `{ api: 1, name: 'test', rewrites: ${rewrites}, ${FIELDS}, options: ${options}, create: ${create} }`
  return writeFile(path, `${top}\nexport const filter = ${define}\n`)
}

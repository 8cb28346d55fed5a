/** Configurations as sites have them, and what Postfix would say of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from '@candy/master-cf'
import type { Instance } from '../../src/postfix/instance.js'
import { mainParameters } from '../../src/postfix/main-parameters.js'
import { candyServices } from '../../src/postfix/services.js'

export const SHAPES_DIRECTORY: string = join(import.meta.dirname, 'shapes')

/** `debian`, `upstream`, … : the names of the files `NAME.master.cf`. */
export const SHAPES: readonly string[] = readdirSync(SHAPES_DIRECTORY)
  .flatMap((name) => /^(.+)\.master\.cf$/.exec(name)?.[1] ?? [])
  .toSorted()

export function readShape(file: string): string {
  return readFileSync(join(SHAPES_DIRECTORY, file), 'latin1')
}

export interface Given {
  readonly master?: string
  readonly main?: string
  /** Parameters that main.cf sets. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Parameters that this version of Postfix does not have. */
  readonly unknown?: readonly string[]
  readonly submits?: boolean
  readonly allowsExecutableMemory?: boolean
  readonly unitThatKillsNode?: string
}

/** The instance with this configuration. Its Postfix knows every parameter but those in `unknown`. */
export function instanceOf(given: Given = {}): Instance {
  const { master = readShape('debian.master.cf'), main = readShape('plain.main.cf'), unknown = [] } = given
  const bare = {
    configDirectory: '/etc/postfix',
    defaultDirectory: '/etc/postfix',
    allowsExecutableMemory: given.allowsExecutableMemory ?? true,
    unitThatKillsNode: given.unitThatKillsNode,
    version: '3.7.11',
    queueDirectory: '/var/spool/postfix',
    masterText: master,
    mainText: main,
    master: parse(master),
    parameters: new Map(
      Object.entries({
        cleanup_service_name: 'cleanup',
        local_header_rewrite_clients: 'permit_inet_interfaces',
        ...given.parameters,
      }),
    ),
    submits: given.submits ?? true,
  }
  const all = { has: (): boolean => true } as unknown as ReadonlySet<string>
  const names = candyServices({ ...bare, known: all }, { mode: 'pipe', candyPipe: '' }).flatMap(({ options }) =>
    options.map(({ name }) => name),
  )
  names.push(...mainParameters.map(({ name }) => name), 'smtpd_forbid_bare_newline_reject_code')
  return {
    ...bare,
    known: new Set(names.filter((name) => !unknown.includes(name) && name !== 'smtpd_per_record_deadline')),
  }
}

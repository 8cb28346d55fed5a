/**
 * Finds FILTER actions (access(5), header_checks(5)). A FILTER action takes precedence over content_filter, so mail that matches
 * one does not reach candy after the queue. Only main.cf, master.cf and the files of local tables are searched: what a database,
 * a policy service or a milter will answer cannot be known beforehand.
 */
import { readFileSync, statSync } from 'node:fs'
import type { Entry } from '@candy/master-cf'
import { nameEntry } from './entrances.js'
import { isCandyFilter } from './filter-option.js'
import { expand, filesOf, type Instance, parameterOf } from './instance.js'
import { readValue } from './main-cf.js'

const RESTRICTIONS = ['client', 'helo', 'sender', 'relay', 'recipient', 'data', 'end_of_data'].map(
  (what) => `smtpd_${what}_restrictions`,
)
const CHECKS = ['header_checks', 'mime_header_checks', 'nested_header_checks', 'body_checks', 'milter_header_checks']

/** An action with its argument, `transport:destination`. */
const ACTION = /(?:^|[\s{=])FILTER\s+([\w.-]+:[^\s,{}]*)/i

const TABLE = /\b(hash|btree|cdb|lmdb|dbm|sdbm|texthash|regexp|pcre|cidr):(\/[^\s,{}]+)/g

/** The largest table that is searched, in bytes. */
const MAX_TABLE_SIZE = 4 * 1024 ** 2

/** Where an action stands: a parameter of main.cf, with its value as the file has it, or lines of a file. */
type Place =
  | { readonly parameter: string; readonly value: string }
  | {
      readonly path: string
      readonly first: number
      readonly last: number
      /** The type of a table; undefined for master.cf. */
      readonly table?: string
    }

export interface FilterAction {
  /** For the operator: `header_checks in main.cf: FILTER scan:x`, `/etc/postfix/access:3: FILTER scan:x`. */
  readonly text: string
  readonly place: Place
}

interface Source {
  readonly name: string
  readonly place: Place
  readonly text: string
}

/** Each action with the place where it stands. */
export function filterActions(instance: Instance, services: readonly Entry[]): readonly FilterAction[] {
  const sources = [...mainSources(instance), ...masterSources(instance, services)]
  const tables = new Map(
    sources.flatMap(({ text }) => [...text.matchAll(TABLE)].map(([, type = '', path = '']) => [path, type] as const)),
  )
  const found = [...sources, ...[...tables].flatMap(([path, type]) => linesOf(type, path))].flatMap((source) => {
    const filter = ACTION.exec(source.text)?.[1]
    if (filter === undefined || isCandyFilter(filter)) return []
    return [{ text: `${source.name}: FILTER ${filter}`, place: source.place }]
  })
  return [...new Map(found.map((action) => [action.text, action])).values()]
}

function mainSources(instance: Instance): readonly Source[] {
  const classes = parameterOf(instance, 'smtpd_restriction_classes').split(/[\s,]+/)
  return [...RESTRICTIONS, ...classes, ...CHECKS]
    .map((name) => {
      const place = { parameter: name, value: readValue(instance.mainText, name) ?? '' }
      return { name: `${name} in main.cf`, place, text: parameterOf(instance, name) }
    })
    .filter(({ text }, index, all) => text !== '' && all.findIndex((other) => other.text === text) === index)
}

/** Restrictions and checks that the filtered services, or a cleanup(8) service, set with `-o`. */
function masterSources(instance: Instance, services: readonly Entry[]): readonly Source[] {
  const entries = instance.master.entries.filter((entry) => services.includes(entry) || entry.command === 'cleanup')
  return entries.flatMap((entry) =>
    entry.options
      .filter(({ name }) => [...RESTRICTIONS, ...CHECKS].includes(name))
      .map(({ name, value }) => {
        const last = entry.line + entry.source.trimEnd().split('\n').length - 1
        const place = { path: filesOf(instance).master, first: entry.line, last }
        return { name: `-o ${name} of ${nameEntry(entry)}`, place, text: expand(instance, value) }
      }),
  )
}

function linesOf(table: string, path: string): readonly Source[] {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile() || stat.size > MAX_TABLE_SIZE) return []
  const lines = readFileSync(path, 'latin1').split('\n')
  return lines
    .map((text, index) => ({
      name: `${path}:${index + 1}`,
      place: { table, path, first: index + 1, last: index + 1 },
      text,
    }))
    .filter(({ text }) => !/^\s*#/.test(text))
}

/**
 * Finds FILTER actions (access(5), header_checks(5)). A FILTER action takes precedence over content_filter, so mail that matches
 * one does not reach candy after the queue. Only main.cf, master.cf and the files of local tables are searched: what a database,
 * a policy service or a milter will answer cannot be known beforehand.
 */
import { readFileSync, statSync } from 'node:fs'
import type { Entry } from '@candy/master-cf'
import { isCandyFilter } from './attachment.js'
import { nameEntry } from './entrances.js'
import { expand, type Instance, parameterOf } from './instance.js'

const RESTRICTIONS = ['client', 'helo', 'sender', 'relay', 'recipient', 'data', 'end_of_data'].map(
  (what) => `smtpd_${what}_restrictions`,
)
const CHECKS = ['header_checks', 'mime_header_checks', 'nested_header_checks', 'body_checks', 'milter_header_checks']

/** An action with its argument, `transport:destination`. */
const ACTION = /(?:^|[\s{=])FILTER\s+([\w.-]+:[^\s,{}]*)/i

const TABLE = /\b(?:hash|btree|cdb|lmdb|dbm|sdbm|texthash|regexp|pcre|cidr):(\/[^\s,{}]+)/g

/** The largest table that is searched, in bytes. */
const MAX_TABLE_SIZE = 4 * 1024 ** 2

interface Source {
  readonly place: string
  readonly text: string
}

/**
 * Each action with the place where it stands: `header_checks in main.cf: FILTER scan:x`, `/etc/postfix/access:3: FILTER scan:x`.
 */
export function filterActions(instance: Instance, services: readonly Entry[]): readonly string[] {
  const sources = [...mainSources(instance), ...masterSources(instance, services)]
  const tables = sources.flatMap(({ text }) => [...text.matchAll(TABLE)].map(([, path = '']) => path))
  const found = [...sources, ...[...new Set(tables)].flatMap(linesOf)].flatMap(({ place, text }) => {
    const filter = ACTION.exec(text)?.[1]
    return filter === undefined || isCandyFilter(filter) ? [] : [`${place}: FILTER ${filter}`]
  })
  return [...new Set(found)]
}

function mainSources(instance: Instance): readonly Source[] {
  const classes = parameterOf(instance, 'smtpd_restriction_classes').split(/[\s,]+/)
  return [...RESTRICTIONS, ...classes, ...CHECKS]
    .map((name) => ({ place: `${name} in main.cf`, text: parameterOf(instance, name) }))
    .filter(({ text }, index, all) => text !== '' && all.findIndex((other) => other.text === text) === index)
}

/** Restrictions and checks that the filtered services, or a cleanup(8) service, set with `-o`. */
function masterSources(instance: Instance, services: readonly Entry[]): readonly Source[] {
  const entries = instance.master.entries.filter((entry) => services.includes(entry) || entry.command === 'cleanup')
  return entries.flatMap((entry) =>
    entry.options
      .filter(({ name }) => [...RESTRICTIONS, ...CHECKS].includes(name))
      .map(({ name, value }) => ({ place: `-o ${name} of ${nameEntry(entry)}`, text: expand(instance, value) })),
  )
}

function linesOf(path: string): readonly Source[] {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile() || stat.size > MAX_TABLE_SIZE) return []
  const lines = readFileSync(path, 'latin1').split('\n')
  return lines.map((text, index) => ({ place: `${path}:${index + 1}`, text })).filter(({ text }) => !/^\s*#/.test(text))
}

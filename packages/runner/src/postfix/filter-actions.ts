/**
 * FILTER actions of access(5) and header_checks(5). They beat content_filter, so that mail which they match never comes to
 * candy after the queue. Found where they can be seen: in main.cf, in master.cf, and in the files of local tables; what a
 * database, a policy service or a milter says nobody sees beforehand.
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

/** Bytes. A larger table is not searched. */
const LARGEST = 4 * 1024 ** 2

interface Source {
  readonly place: string
  readonly text: string
}

/** Each with its place: `header_checks in main.cf: FILTER scan:x`, `/etc/postfix/access:3: FILTER scan:x`. */
export function filterActions(instance: Instance, given: readonly Entry[]): readonly string[] {
  const sources = [...mainSources(instance), ...masterSources(instance, given)]
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

/** What the services say that are given to candy, and the cleanup(8) behind them. */
function masterSources(instance: Instance, given: readonly Entry[]): readonly Source[] {
  const entries = instance.master.entries.filter((entry) => given.includes(entry) || entry.command === 'cleanup')
  return entries.flatMap((entry) =>
    entry.options
      .filter(({ name }) => [...RESTRICTIONS, ...CHECKS].includes(name))
      .map(({ name, value }) => ({ place: `-o ${name} of ${nameEntry(entry)}`, text: expand(instance, value) })),
  )
}

function linesOf(path: string): readonly Source[] {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile() || stat.size > LARGEST) return []
  const lines = readFileSync(path, 'latin1').split('\n')
  return lines.map((text, index) => ({ place: `${path}:${index + 1}`, text })).filter(({ text }) => !/^\s*#/.test(text))
}

/** FILTER actions of the site (access(5), header_checks(5)): mail that matches one passes candy over after the queue. */
import { type FilterAction, filterActions } from '../postfix/filter-actions.js'
import { commandLine } from './command-line.js'
import { ailing, type Observation, well } from './finding.js'
import type { Host } from './host.js'

export async function examineFilterActions(host: Host): Promise<readonly Observation[]> {
  const { instance, mode, attached } = host
  if (mode === 'smtp-before') return [well('FILTER actions have no effect on mail that is filtered before the queue')]
  if (mode === 'milter') return [well('a milter judges mail before FILTER actions send it anywhere')]
  const actions = filterActions(instance, attached)
  if (actions.length === 0) return [well('no FILTER action is to be seen in main.cf, master.cf or a local table')]
  return actions.map((action) =>
    ailing(
      action.text,
      'Mail that this action is about passes candy over, and goes where the action says. The remedy makes the action DUNNO, which does nothing.',
      [...remedyFor(host, action), host.postfix('postfix', 'reload')],
    ),
  )
}

function remedyFor({ postfix }: Host, { place }: FilterAction): readonly string[] {
  if ('parameter' in place) return [postfix('postconf', '-e', `${place.parameter}=${withoutAction(place.value)}`)]
  const { path, first, last, table = '' } = place
  const edit = commandLine('sed', '-i', `${first},${last}s/FILTER[[:space:]]\\+[^[:space:],{}]*/DUNNO/I`, path)
  return INDEXED.includes(table) ? [edit, postfix('postmap', `${table}:${path}`)] : [edit]
}

/** Tables that postmap(1) compiles. */
const INDEXED = ['hash', 'btree', 'cdb', 'lmdb', 'dbm', 'sdbm']

/** The value with every FILTER action replaced. */
function withoutAction(value: string): string {
  return value.replace(/\bFILTER\s+[^\s,{}]+/gi, 'DUNNO')
}

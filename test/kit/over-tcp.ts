/** Over TCP what `candy enable` has over UNIX sockets, since it sets up no other host. Edits of the master.cf that it writes. */
import { addService, applyEdits, findService, parse } from '@candy/master-cf'
import { changeService } from './enabled.js'

/** In mode `smtp`: to a port of this host. smtp(8) takes the place of lmtp(8), with the same options by its own names. */
export function overTcp(master: string, port: number): string {
  const byItsOwnName = (name: string): string => name.replace(/^lmtp_/, 'smtp_').replace('_lhlo_', '_ehlo_')
  const changed = changeService(master, 'candy-lmtp', ({ options = [] }) => ({
    command: 'smtp',
    options: options.map(({ name, value }) => ({ name: byItsOwnName(name), value })),
  }))
  return changed.replaceAll('candy-lmtp:unix:candy/lmtp', `candy-lmtp:[127.0.0.1]:${port}`)
}

/** Has mail taken back at a port of this host, too, as candy-in does. */
export function backOverTcp(master: string, port: number): string {
  const file = parse(master)
  const entry = findService(file, { service: 'candy-in', type: 'unix' })
  if (entry === undefined) throw new Error('candy enable has added no service candy-in')
  return applyEdits(master, addService(file, { ...entry, service: `127.0.0.1:${port}`, type: 'inet' }))
}

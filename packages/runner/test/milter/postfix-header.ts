/**
 * What cleanup(8) makes of a header by the packets of a milter (cleanup_milter.c): its own Received is on top, is not counted where fields
 * of a name are, and is counted where a field is inserted.
 */
import { PacketReader } from '@candy/milter'

/** Fields without their CRLF; `received` is the one of cleanup's own. */
export function applied(packets: readonly Buffer[], fields: readonly string[], received: string): readonly string[] {
  const header = [received, ...fields]
  for (const { command, data } of new PacketReader().read(Buffer.concat(packets))) {
    const numbered = command === 'i' || command === 'm'
    const index = numbered ? data.readUInt32BE(0) : 0
    const [name = '', value = ''] = data.toString('latin1', numbered ? 4 : 0).split('\0')
    const field = `${name}:${value.replaceAll('\n', '\r\n')}`
    if (command === 'i') header.splice(index, 0, field)
    else if (command === 'h') header.push(field)
    else {
      const place = findPlace(header, name, index, received)
      if (place === -1) throw new Error(`there is no ${name} ${index}`)
      header.splice(place, 1, ...(value === '' ? [] : [field]))
    }
  }
  return header
}

function findPlace(header: readonly string[], name: string, index: number, received: string): number {
  let count = 0
  return header.findIndex((field) => {
    if (field === received || field.slice(0, field.indexOf(':')).toLowerCase() !== name.toLowerCase()) return false
    count += 1
    return count === index
  })
}

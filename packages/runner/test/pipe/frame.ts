/** One frame as candy-handover sends it. */
export function frame(type: string, content: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(content)
  const header = Buffer.alloc(5)
  header.write(type, 'latin1')
  header.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([header, bytes])
}

/** The message of an entry, for what reads messages: a filter that learns, or the next hop. */

import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bytes } from '@candy/sdk'
import type { MessageContent } from '../message/content.js'
import { readHeaderBlock } from '../message/header-block.js'
import type { SoundEntry } from './entry.js'
import { openRegular } from './regular-file.js'

/** Bytes that are read at a time. */
const CHUNK = 65_536

export interface StoredContent extends MessageContent {
  /** Ends what can be read. The caller calls it once. */
  close(): Promise<void>
}

/** Opens the message. It can be read until it is closed, also when somebody deletes the entry meanwhile. Throws `QUARANTINE`. */
export async function openContent({ path, size }: SoundEntry): Promise<StoredContent> {
  const file = await openRegular(join(path, 'message.eml'))
  return {
    size,
    open: (from = 0) => read(file, from),
    headers: () => readHeaderBlock(read(file, 0)),
    close: () => file.close(),
  }
}

async function* read(file: FileHandle, from: number): Bytes {
  for (let position = from; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

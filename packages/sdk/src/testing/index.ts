export { anyChunking } from './chunking.js'
export { type MessageOptions, message } from './message.js'
export { type Run, run } from './run.js'

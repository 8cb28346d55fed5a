export { parseAddress, printAddress, type ServiceAddress } from './address.js'
export { ValueError } from './error.js'
export { valueFault } from './fault.js'
export { parseDuration, parseSize } from './measure.js'

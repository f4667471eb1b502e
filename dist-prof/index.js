export { CodecellError, errorCodes } from './errors.js';
export { createHostPool } from './session/host-pool.js';
export { limitRanges } from './session/limits.js';
export { createSession } from './session/session.js';
export { createCatalogue } from './tools/catalogue.js';
export { joinName, normalizeName } from './tools/names.js';
//# sourceMappingURL=index.js.map
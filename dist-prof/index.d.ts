export { CodecellError, errorCodes, type CodecellErrorCode } from './errors.ts';
export type { ContentItem, ImageDetail } from './protocol/content-item.ts';
export type { HostProfile } from './protocol/message.ts';
export { createHostPool, type HostPool, type HostPoolOptions } from './session/host-pool.ts';
export { limitRanges, type LimitName, type Limits } from './session/limits.ts';
export type { Outcome } from './session/outcome.ts';
export { createSession } from './session/session.ts';
export type { ExecuteOptions, Notification, ObserveOptions, Session, SessionOptions, TerminateOptions, } from './session/session-options.ts';
export { createCatalogue, type Catalogue, type CatalogueEntry } from './tools/catalogue.ts';
export { joinName, normalizeName } from './tools/names.ts';
export type { Tool, ToolCallContext } from './tools/tool.ts';
//# sourceMappingURL=index.d.ts.map
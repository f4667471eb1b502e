import './installation/check-node.ts'
export { serveTraceView, type TraceViewServer, type TraceViewServerOptions } from './trace-view/serve-trace-view.ts'
export { parsePrices, type ModelPrice, type TracePrices } from './trace/view/prices.ts'
export { traceViewHtml, type TraceViewHtmlOptions } from './trace-view/trace-view-html.ts'

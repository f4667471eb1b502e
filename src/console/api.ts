/**
 * The JSON of the console: the data of every endpoint under `/api/`, and of the event stream. The page and the server share these types,
 * so this file imports nothing. Times are in milliseconds since 1970. Every string of a session, such as a source or an input, is
 * untrusted text.
 *
 * | request | body or query | response |
 * |---|---|---|
 * | `POST /api/login` | {@link LoginRequest} | {@link Me}, and a cookie |
 * | `POST /api/logout` | `{}` | {@link Done} |
 * | `GET /api/me` | | {@link Me} |
 * | `GET /api/overview` | | {@link Overview} |
 * | `GET /api/events` | | server-sent events: the data of each is a {@link ConsoleEvent} |
 * | `GET /api/sessions` | {@link SessionQuery} | {@link SessionPage} |
 * | `GET /api/session` | `session` | {@link SessionItem} |
 * | `GET /api/cells` | {@link CellQuery} | {@link CellPage} |
 * | `GET /api/cell` | `session`, `cell` | {@link CellDetail} |
 * | `GET /api/calls` | {@link CallQuery} | {@link CallPage} |
 * | `GET /api/call` | `session`, `key` | {@link CallDetail} |
 * | `GET /api/approvals` | {@link ApprovalQuery} | {@link ApprovalPage} |
 * | `GET /api/decisions` | {@link DecisionQuery} | {@link DecisionPage} |
 * | `GET /api/nodes` | | {@link NodesReport} |
 * | `GET /api/statistics` | {@link StatisticsQuery} | {@link Statistics} |
 * | `GET /api/catalogue` | | {@link ConsoleCatalogue} |
 * | `POST /api/decide` | {@link DecideRequest} | {@link DecideResponse}; 409 when a call was refused |
 * | `POST /api/settle` | {@link SettleRequest} | {@link SettleResponse}; 409 when the call was settled before |
 * | `POST /api/provide` | {@link ProvideRequest} | {@link Done} |
 * | `POST /api/terminate` | {@link CellRequest} | {@link TerminateResponse} |
 * | `POST /api/revert` | {@link CellRequest} | {@link RevertResponse} |
 * | `POST /api/run` | {@link RunRequest} | {@link RunStarted} |
 * | `POST /api/run/stop` | {@link RunReference} | {@link Done} |
 * | `GET /api/run/events` | `run` | server-sent events: the data of each is a {@link RunEvent} |
 *
 * Every `POST` has the header `x-codecell-console: 1` and a body of JSON. A request without the right has the status 401 (no login) or
 * 403, and the body of each error is an {@link ErrorBody}. A page gets a trace from `CellDetail.trace`, a path of this server.
 */
export const consoleHeader = 'x-codecell-console'

export type { ApiError, ConsoleScope, Done, ErrorBody, LoginRequest, Me } from './api/user.ts'
export type {
  CallCounts,
  CellCounts,
  CellItem,
  CellPage,
  CellQuery,
  CellStatus,
  ConsoleCallState,
  ConsoleWait,
  Location,
  Overview,
  Owner,
  Page,
  Paging,
  SessionFilter,
  SessionItem,
  SessionPage,
  SessionQuery,
  SourceHealth,
} from './api/sessions.ts'
export type { CellDetail, CellOutput, LongText } from './api/cells.ts'
export type { CallDetail, CallItem, CallPage, CallQuery, Settlement } from './api/calls.ts'
export type {
  ApprovalPage,
  ApprovalQuery,
  ConsoleDecision,
  DecideRequest,
  DecideResponse,
  DecideResult,
  Decision,
  DecisionPage,
  DecisionQuery,
  PendingCall,
  PendingCell,
  PendingGroup,
} from './api/approvals.ts'
export type {
  CellRequest,
  ProvideRequest,
  RevertResponse,
  SettleRequest,
  SettleResponse,
  TerminateResponse,
} from './api/actions.ts'
export type { CallFigures, NodeItem, NodesReport, Statistics, StatisticsQuery, TokenFigures } from './api/reports.ts'
export type { ConsoleCatalogue, RunEvent, RunReference, RunRequest, RunStarted } from './api/runs.ts'
export type { ConsoleEvent } from './api/events.ts'

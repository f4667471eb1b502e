import type {
  ApprovalPage,
  CallDetail,
  CallPage,
  CellDetail,
  CellPage,
  DecideRequest,
  DecideResponse,
  DecisionPage,
  Done,
  LoginRequest,
  Me,
  NodesReport,
  ProvideRequest,
  CellRequest,
  RevertResponse,
  SessionItem,
  SessionPage,
  SettleRequest,
  SettleResponse,
  Statistics,
  TerminateResponse,
} from '../../../src/console/api.ts'

/** The data of the endpoints that are read. */
export type ReadEndpoints = {
  readonly '/api/me': Me
  readonly '/api/sessions': SessionPage
  readonly '/api/session': SessionItem
  readonly '/api/cells': CellPage
  readonly '/api/cell': CellDetail
  readonly '/api/calls': CallPage
  readonly '/api/call': CallDetail
  readonly '/api/approvals': ApprovalPage
  readonly '/api/decisions': DecisionPage
  readonly '/api/nodes': NodesReport
  readonly '/api/statistics': Statistics
}

/** The requests and responses of the endpoints that act. */
export type ActEndpoints = {
  readonly '/api/login': { readonly request: LoginRequest; readonly response: Me }
  readonly '/api/logout': { readonly request: object; readonly response: Done }
  readonly '/api/decide': { readonly request: DecideRequest; readonly response: DecideResponse }
  readonly '/api/settle': { readonly request: SettleRequest; readonly response: SettleResponse }
  readonly '/api/provide': { readonly request: ProvideRequest; readonly response: Done }
  readonly '/api/terminate': { readonly request: CellRequest; readonly response: TerminateResponse }
  readonly '/api/revert': { readonly request: CellRequest; readonly response: RevertResponse }
}

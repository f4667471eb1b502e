import './installation/check-node.ts'
export { loadOpenApi } from './adapters/openapi/load-openapi.ts'
export {
  loadOpenApiConfig,
  openApiToolsOf,
  type OpenApiConfig,
  type OpenApiConfigOptions,
} from './adapters/openapi/openapi-config.ts'
export { openApiTools, type OpenApiOptions, type OpenApiWarning } from './adapters/openapi/openapi-tools.ts'
export type {
  OpenApiAuth,
  OpenApiClientCertificate,
  OpenApiCredential,
  OpenApiOAuthClient,
  OpenApiSecret,
  OpenApiSecretRequest,
} from './adapters/openapi/security/credentials.ts'
export type { OpenApiOperations, OpenApiOperationSettings } from './adapters/openapi/effects/operation-settings.ts'

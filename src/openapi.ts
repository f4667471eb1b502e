import './installation/check-node.ts'
export { loadOpenApi } from './adapters/openapi/load-openapi.ts'
export {
  loadOpenApiConfig,
  openApiToolsOf,
  type OpenApiConfig,
  type OpenApiConfigOptions,
} from './adapters/openapi/openapi-config.ts'
export { openApiTools, type OpenApiOptions } from './adapters/openapi/openapi-tools.ts'

import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'

/** Who reports: `umpire`, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` say otherwise. */
export function createResource(): Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'umpire' }))
    .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] }))
}

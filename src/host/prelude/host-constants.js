export const { emissionKinds, waitKinds, commandKinds, locationScopes, ringLayout, maxRingText } = hostConstants

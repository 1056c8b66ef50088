/** At least 0 and below 1. The only source of chance for pauses; it decides and guards nothing else. */
export const chance = (): number => Math.random()

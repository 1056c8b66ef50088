// Whether two classes of measurements have one mean: dudect's statistics (Reparaz, Balasch and
// Verbauwhede, "Dude, is my code constant time?", 2017).

/** A running Welch t-test: means and variances by Welford. */
class Welch {
  #count = [0, 0]
  #mean = [0, 0]
  #squares = [0, 0]

  add(of, value) {
    const count = (this.#count[of] += 1)
    const from = value - this.#mean[of]
    this.#mean[of] += from / count
    this.#squares[of] += from * (value - this.#mean[of])
  }

  get count() {
    return Math.min(...this.#count)
  }

  get t() {
    const error = of => this.#squares[of] / (this.#count[of] - 1) / this.#count[of]
    const difference = this.#mean[0] - this.#mean[1]
    // A crop may keep one and the same time.
    return difference === 0 ? 0 : difference / Math.sqrt(error(0) + error(1))
  }
}

/** How many times the slowest measurements are cut off, each time more of them. */
const CROPS = 100
/** A test over fewer measurements of a class than this says nothing. */
const ENOUGH = 10_000

/** The measurements that a crop keeps: those below a percentile, which come closer and closer to the top. */
function percentiles(times) {
  const sorted = times.slice().sort()
  return Array.from({ length: CROPS }, (_, crop) => {
    const share = 1 - 0.5 ** ((10 * (crop + 1)) / CROPS)
    return sorted[Math.floor(share * (sorted.length - 1))]
  })
}

/**
 * The largest |t| of all tests: over all measurements, over what each crop keeps, and over the squared
 * distances from the mean of each class. `times[i]` is a measurement of class `classes[i]`.
 */
export function largestT(times, classes) {
  const whole = new Welch()
  const limits = percentiles(times)
  const crops = limits.map(() => new Welch())
  const sums = [0, 0]
  const counts = [0, 0]
  for (let i = 0; i < times.length; i++) {
    const of = classes[i]
    whole.add(of, times[i])
    sums[of] += times[i]
    counts[of] += 1
    for (let crop = CROPS - 1; crop >= 0 && times[i] < limits[crop]; crop--) crops[crop].add(of, times[i])
  }
  const spread = new Welch()
  const means = sums.map((sum, of) => sum / counts[of])
  for (let i = 0; i < times.length; i++) spread.add(classes[i], (times[i] - means[classes[i]]) ** 2)
  const tests = [whole, ...crops, spread].filter(test => test.count >= ENOUGH)
  return Math.max(...tests.map(test => Math.abs(test.t)))
}

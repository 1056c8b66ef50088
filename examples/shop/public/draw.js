export const $ = (id) => document.getElementById(id)

/** An element with text in it. Only textContent: whatever stands in an order is text, never markup. */
export function element(tag, className, text = '') {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.textContent = text
  return made
}

/** Shows a sentence, or hides its place. */
export function tell(id, text) {
  $(id).hidden = text === null
  $(id).textContent = text ?? ''
}

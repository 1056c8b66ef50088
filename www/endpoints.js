const box = document.getElementById('filter')
const index = document.getElementById('index')
const count = document.getElementById('count')
const none = document.getElementById('none')
const calls = Array.from(document.querySelectorAll('article'), article => {
  const names = article.querySelectorAll('h2, .about, .path, .aka, th')
  return {
    article,
    entry: document.querySelector(`#index a[href="#${article.id}"]`).parentElement,
    text: Array.from(names, name => name.textContent).join(' ').toLowerCase(),
  }
})

const filter = () => {
  const words = box.value.toLowerCase().split(/\s+/)
  let found = 0
  for (const { article, entry, text } of calls) {
    const fits = words.every(word => text.includes(word))
    article.hidden = entry.hidden = !fits
    if (fits) found++
  }
  count.value = found === calls.length ? `${found}` : `${found} of ${calls.length}`
  none.hidden = found > 0
}
box.addEventListener('input', () => {
  filter()
  // What was found begins above.
  const main = box.closest('main')
  if (main.getBoundingClientRect().top < 0) main.scrollIntoView()
})

// A link may lead to a call that the filter hides.
const reveal = () => {
  const target = document.getElementById(location.hash.slice(1))
  if (target?.hidden !== true) return
  box.value = ''
  filter()
  target.scrollIntoView()
}
addEventListener('hashchange', reveal)

addEventListener('keydown', event => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.target === box) return
  event.preventDefault()
  box.focus()
})

const wide = matchMedia('(min-width: 62rem)')
const arrange = () => { index.open = wide.matches }
wide.addEventListener('change', arrange)
arrange()
index.addEventListener('click', event => {
  if (!wide.matches && event.target.closest('a') !== null) index.open = false
})

document.addEventListener('click', async ({ target }) => {
  if (!target.matches('.example button')) return
  const code = target.parentElement.querySelector('code')
  try {
    await navigator.clipboard.writeText(code.textContent)
    target.textContent = 'Copied'
    setTimeout(() => { target.textContent = 'Copy' }, 1500)
  } catch {
    getSelection().selectAllChildren(code)
  }
})

// A reload keeps what was typed.
filter()

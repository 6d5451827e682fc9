#include "report/page_assets.h"

namespace strop {

// The tooltips' texts stand in data-tips as [[x in the viewBox, text], ...]; they are shown by textContent, never as
// HTML. Storage and clipboard may be forbidden for a page from a file: then the page does without.
const char* const kPageScript = R"js(
(() => {
  const root = document.documentElement;
  const dark = () => root.style.colorScheme ? root.style.colorScheme === 'dark'
                                            : matchMedia('(prefers-color-scheme: dark)').matches;
  try { root.style.colorScheme = localStorage.getItem('strop-scheme') || ''; } catch { }
  document.querySelector('[data-scheme]').addEventListener('click', () => {
    root.style.colorScheme = dark() ? 'light' : 'dark';
    try { localStorage.setItem('strop-scheme', root.style.colorScheme); } catch { }
  });

  for (const button of document.querySelectorAll('[data-copy]')) {
    button.addEventListener('click', async () => {
      const code = button.parentElement.querySelector('code');
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = 'Selected';
      }
      setTimeout(() => { button.textContent = 'Copy'; }, 1600);
    });
  }

  for (const svg of document.querySelectorAll('svg[data-tips]')) {
    const points = JSON.parse(svg.dataset.tips);
    const plot = svg.parentElement, cursor = svg.querySelector('.cursor'), width = svg.viewBox.baseVal.width;
    const tip = document.createElement('div');
    tip.className = 'tip';
    tip.hidden = true;
    plot.append(tip);
    const show = event => {
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width * width;
      const [at, text] = points.reduce((a, b) => Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a);
      cursor.setAttribute('transform', `translate(${at} 0)`);
      cursor.style.visibility = 'visible';
      tip.hidden = false;
      tip.textContent = text;
      const share = at / width * 100;
      tip.style.left = share < 55 ? `calc(${share}% + 12px)` : 'auto';
      tip.style.right = share < 55 ? 'auto' : `calc(${100 - share}% + 12px)`;
    };
    plot.addEventListener('pointermove', show);
    plot.addEventListener('pointerdown', show);
    plot.addEventListener('pointerleave', () => { tip.hidden = true; cursor.style.visibility = 'hidden'; });
  }
})();
)js";

}  // namespace strop

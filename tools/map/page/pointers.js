// Pointers: a press in the overview or the minimap goes there. A strip can be dragged and zoomed, and selects.

const local = (canvas, event) => event.clientX - canvas.getBoundingClientRect().left;

function listenOverview(overview) {
  const move = (event) => go(overview.operationAt(local(overview.canvas, event)));
  overview.canvas.addEventListener("pointerdown", (event) => {
    overview.canvas.setPointerCapture(event.pointerId);
    move(event);
  });
  overview.canvas.addEventListener("pointermove", (event) => { if (event.buttons) move(event); });
}

// One pointer drags, or selects if it did not move. Two pointers zoom.
function listenStrip(strip) {
  const pointers = new Map();
  let moved = 0;
  const { canvas } = strip;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, local(canvas, event));
    moved = pointers.size > 1 ? 99 : 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const x = local(canvas, event);
    const before = pointers.get(event.pointerId);
    moved += Math.abs(x - before);
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      zoom(Math.max(4, Math.abs(before - other)) / Math.max(4, Math.abs(x - other)), () => other / strip.width);
    } else if (moved > 4) {
      moveBy((-(x - before) / strip.width) * view.wide);
    }
    pointers.set(event.pointerId, x);
  });
  const end = (event) => {
    if (pointers.delete(event.pointerId) && moved <= 4 && event.type === "pointerup")
      choose(strip.policy, blockAt(strip, local(canvas, event)));
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) moveBy((event.deltaX / strip.width) * view.wide);
    else {
      const share = local(canvas, event) / strip.width;
      zoom(Math.exp(event.deltaY / 300), () => share);
    }
  }, { passive: false });
  const point = (event) => {
    strip.pointed = event.type === "pointerleave" ? undefined : local(event.currentTarget, event);
    draw();
  };
  for (const surface of [strip.list, canvas])
    for (const kind of ["pointermove", "pointerdown", "pointerleave"]) surface.addEventListener(kind, point);
  strip.minimap.addEventListener("pointerdown", (event) => {
    const box = strip.minimap.getBoundingClientRect();
    setLeft(strip.policy.index, ((event.clientX - box.left) / box.width) * view.whole - view.wide / 2);
    draw();
  });
}

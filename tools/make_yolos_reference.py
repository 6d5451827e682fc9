"""Makes tests/data/yolos: tiny random YOLOS detectors as Transformers writes them, and what it computes from them.

    python tools/make_yolos_reference.py       (torch, transformers, scipy, safetensors)

tiny/, mid/             the networks, mid with positions that its layers add again; reference.safetensors of each:
    pixels, wide        pictures of a size that is not the position table's, and larger ones
    logits, pred_boxes, wide_logits, wide_boxes
    targets             N x most x 5: label (-1: none), middle x, y, width, height in pixels
    loss, loss_ce, loss_bbox, loss_giou, matches (sample, query, box in the order of all boxes)
    grad/<tensor>       of the loss: every fourth number of the tensor's gradient
    losses              of ten steps of SGD
    found               N x Q x 6: x, y, width, height, label, score of every query, best first
loss.safetensors        random boxes and logits: a crowd with more boxes than queries, an empty picture, boxes that are alike;
                        the parts of the loss and the gradients of the whole
"""

import pathlib
import shutil

import torch
from safetensors.torch import save_file
from transformers import YolosConfig, YolosForObjectDetection, logging
from transformers.loss.loss_for_object_detection import ForObjectDetectionLoss, HungarianMatcher

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "yolos"
NAMES = ["cat", "dog", "owl"]
QUERIES, SIDE, WIDE, RATE = 7, 32, (48, 24), 0.02
SHAPE = dict(hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=24, image_size=[24, 40], patch_size=8,
             num_detection_tokens=QUERIES, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
             id2label=dict(enumerate(NAMES)), label2id={name: i for i, name in enumerate(NAMES)})
KINDS = {"tiny": dict(use_mid_position_embeddings=False),
         "mid": dict(use_mid_position_embeddings=True, class_cost=2, bbox_cost=3, giou_cost=1, bbox_loss_coefficient=4,
                     giou_loss_coefficient=3, eos_coefficient=0.2)}


def shaken(model, generator):
    """The usual start is so near zero that wrong layers would go unseen."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return model


def random_truths(count, classes, width, height, generator):
    """Rows of label, middle x, y, width, height in pixels; boxes lie inside."""
    share = torch.rand(count, 4, generator=generator)
    sides = (0.1 + 0.5 * share[:, 2:]) * torch.tensor([width, height])
    middles = sides / 2 + share[:, :2] * (torch.tensor([width, height]) - sides)
    labels = torch.randint(classes, (count, 1), generator=generator)
    return torch.cat([labels.float(), middles, sides], 1)


def labels_of(truths, width, height):
    sides = torch.tensor([width, height, width, height], dtype=torch.float32)
    return [{"class_labels": own[:, 0].long(), "boxes": own[:, 1:] / sides} for own in truths]


def padded(truths):
    rows = torch.full((len(truths), max(map(len, truths)) + 1, 5), -1.0)
    for i, own in enumerate(truths):
        rows[i, :len(own)] = own
    return rows


def matches_of(logits, boxes, labels, config):
    matcher = HungarianMatcher(config.class_cost, config.bbox_cost, config.giou_cost)
    pairs = matcher({"logits": logits, "pred_boxes": boxes}, labels)
    first, rows = 0, []
    for sample, (queries, owned) in enumerate(pairs):
        rows += [[sample, int(query), first + int(box)] for query, box in zip(queries, owned)]
        first += len(labels[sample]["class_labels"])
    return torch.tensor(rows)


def found_in(logits, boxes, width, height):
    """As the image processor's post_process_object_detection, with a threshold of nothing: one box a query."""
    scores, labels = logits.softmax(-1)[..., :-1].max(-1)
    sides = torch.tensor([width, height, width, height], dtype=torch.float32)
    left = torch.cat([boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., 2:]], -1) * sides
    rows = torch.cat([left, labels[..., None].float(), scores[..., None]], -1)
    order = scores.argsort(1, descending=True)
    return rows.gather(1, order[..., None].expand(-1, -1, 6))


def make_network(name):
    generator = torch.Generator().manual_seed(11)
    torch.manual_seed(0)
    model = shaken(YolosForObjectDetection(YolosConfig(**SHAPE, **KINDS[name])), generator).eval()
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    truths = [random_truths(count, len(NAMES), SIDE, SIDE, generator) for count in (3, 2)]
    labels = labels_of(truths, SIDE, SIDE)
    kept = {"pixels": torch.randn(2, 3, SIDE, SIDE, generator=generator), "wide": torch.randn(2, 3, *WIDE, generator=generator),
            "targets": padded(truths)}
    with torch.no_grad():
        wide = model(kept["wide"])
    kept |= {"wide_logits": wide.logits, "wide_boxes": wide.pred_boxes}
    result = model(kept["pixels"], labels=labels)
    result.loss.backward()
    kept |= {"logits": result.logits, "pred_boxes": result.pred_boxes, "loss": result.loss,
             **{part: result.loss_dict[part] for part in ("loss_ce", "loss_bbox", "loss_giou")},
             "matches": matches_of(result.logits, result.pred_boxes, labels, model.config),
             "found": found_in(result.logits.detach(), result.pred_boxes.detach(), SIDE, SIDE)}
    for key, parameter in model.named_parameters():  # one of them has another name in memory than on disk
        kept["grad/" + key.replace("interpolation.mid_", "mid_")] = parameter.grad.flatten()[::4].clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = model(kept["pixels"], labels=labels).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    kept["losses"] = torch.stack(losses)
    save_file({key: tensor.detach().contiguous() for key, tensor in kept.items()}, folder / "reference.safetensors")
    print(name, sum(p.numel() for p in model.parameters()), "parameters, losses", [round(float(loss), 3) for loss in losses])


def make_loss(width=96, height=96, classes=5, queries=9):
    generator = torch.Generator().manual_seed(5)
    config = YolosConfig(num_labels=classes)
    truths = [random_truths(count, classes, width, height, generator) for count in (12, 0, 4, 1)]
    truths[2][1] = truths[2][0]
    truths[2][2, 3:] = 1
    logits = torch.randn(len(truths), queries, classes + 1, generator=generator).mul_(2).requires_grad_()
    raw = torch.randn(len(truths), queries, 4, generator=generator).requires_grad_()
    labels = labels_of(truths, width, height)
    boxes = raw.sigmoid()
    boxes.retain_grad()
    loss, parts, _ = ForObjectDetectionLoss(logits, labels, "cpu", boxes, config)
    loss.backward()
    kept = {"logits": logits, "boxes": boxes, "targets": padded(truths), "sides": torch.tensor([[width, height]] * len(truths)).float(),
            "loss": loss, **{part: parts[part] for part in ("loss_ce", "loss_bbox", "loss_giou")},
            "matches": matches_of(logits, boxes, labels, config), "logits_gradient": logits.grad, "boxes_gradient": boxes.grad}
    save_file({key: tensor.detach().contiguous() for key, tensor in kept.items()}, OUT / "loss.safetensors")
    print("loss", float(loss.detach()), {key: float(value.detach()) for key, value in parts.items()})


def main():
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    OUT.mkdir(parents=True, exist_ok=True)
    for name in KINDS:
        make_network(name)
    make_loss()


if __name__ == "__main__":
    main()

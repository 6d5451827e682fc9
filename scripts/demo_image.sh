#!/usr/bin/env bash
# demo_image.sh BUILD: teaches EfficientNet-Lite0 to find faults in pictures of textile: the head on cached features, then
# the top blocks; evaluates, predicts with the labels drawn on, and says where the report lies.
set -euo pipefail
cd "$(dirname "$0")/.."

strop=$1/bin/strop
run=build/demo-image/run
data=build/assets/textile
model=build/assets/efficientnet_lite0/efficientnet-lite0-57934424.pth
rm -rf build/demo-image
mkdir -p build/demo-image

show() {  # runs strop with these arguments, after showing them
  printf '\n$ strop %s\n' "$*"
  "$strop" "$@"
}

show inspect --model $model --data $data
show train --model $model --data $data --out $run --method layerwise top_k=4 lp_ft=true num_train_epochs=6 augment=flip views=2
# A picture of each class.
mkdir -p build/demo-image/some
for class in global local nominal; do
  first=$(find $data/$class -type f | sort | sed -n 1p)
  cp "$first" "build/demo-image/some/$class-$(basename "$first")"
done
show predict --model $run --data build/demo-image/some --draw build/demo-image/drawn
printf '\nThe pictures with their labels: %s\nThe report: %s\n' "$PWD/build/demo-image/drawn" "$PWD/$run/report.html"

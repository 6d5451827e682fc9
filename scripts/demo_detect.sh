#!/usr/bin/env bash
# demo_detect.sh BUILD: composes scenes, trains a detector on EfficientNet-Lite0's maps for six classes of clothing,
# adds two classes that leave the old answers as they are, measures both, draws boxes and says where the reports lie.
set -euo pipefail
cd "$(dirname "$0")/.."

strop=$1/bin/strop
folder=build/demo-detect
scenes=$folder/scenes
model=build/assets/efficientnet_lite0/efficientnet-lite0-57934424.pth
rm -rf $folder
mkdir -p $folder

show() {  # runs a command after showing it
  printf '\n$ %s\n' "${*/#$strop/strop}"
  "$@"
}

show python3 scripts/compose_scenes.py build/assets/fashion-mnist $scenes
begun=$SECONDS
show "$strop" train --task object-detection --model $model --data $scenes/base test_file=$scenes/test/old.json \
  --out $folder/base --method head image_size=224 augment=none views=1 batch_size=8 num_train_epochs=8
show "$strop" train --model $folder/base --data $scenes/added test_file=$scenes/test/all.json --out $folder/added \
  --method incremental image_size=224 augment=none views=1 batch_size=8 num_train_epochs=10
printf '\nBoth trainings took %d s.\n' $((SECONDS - begun))

# The same test pictures by both, labelled as each knows them.
for run in base added; do
  [ $run = base ] && labels=old || labels=all
  "$strop" eval --model $folder/$run --data $scenes/test/$labels.json --out $folder/$run >$folder/$run-eval.txt 2>&1
  "$strop" predict --model $folder/$run --data $scenes/test/all.json >$folder/$run/boxes.json
done
show python3 scripts/compare_detectors.py $folder/base $folder/added

mkdir -p $folder/some
cp $scenes/test/images/scene-0000?.png $folder/some
show "$strop" predict --model $folder/added --data $folder/some --draw $folder/drawn conf=0.3 >$folder/drawn.json
printf '\nPictures with boxes: %s\nThe reports: %s\n             %s\n' \
  "$PWD/$folder/drawn" "$PWD/$folder/base/report.html" "$PWD/$folder/added/report.html"

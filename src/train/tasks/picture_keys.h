// The keys of pictures, made into the form of inputs and of random changes.
#pragma once

#include "image/augment/levels.h"
#include "image/decode.h"
#include "image/input_form.h"
#include "report/run_record.h"
#include "strop/options.h"

namespace strop {

// `form` with what the options say instead. Error(usage) naming the key.
InputForm with_keys(InputForm form, const Options& options);
// True where the options say mean and std themselves.
bool says_normalisation(const Options& options);

AugmentForm augment_form(const Options& options);
DecodeOptions decode_options(const Options& options);

// To and from strop.json. A record without a size holds no form: `form` is returned.
void write_form(const InputForm& form, InputRecord& record);
InputForm form_of_record(const InputRecord& record, InputForm form);

// "224 x 224 pixels, crop 0.875, bicubic, mean 0.485 0.456 0.406, std 0.229 0.224 0.225".
std::string describe(const InputForm& form);

}  // namespace strop

// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { DodoClassicalPool } from "../../../localnet/contracts/DodoClassicalPool.sol";
import { IDodoPricedPool } from "../../../localnet/contracts/DodoFeeRate.sol";
import { DodoMath } from "../../../localnet/contracts/DodoMath.sol";
import { DodoPool, IDodoFeeRateModel } from "../../../localnet/contracts/DodoPool.sol";
import { DodoPrivatePool } from "../../../localnet/contracts/DodoPrivatePool.sol";
import { DodoStablePool } from "../../../localnet/contracts/DodoStablePool.sol";
import { DodoVendingMachine } from "../../../localnet/contracts/DodoVendingMachine.sol";

/// @notice A fee model whose rate a test sets, and which shuts the pools that DODO's own model shuts.
contract DodoSettableFee is IDodoFeeRateModel {
    uint256 private _rate;

    function setRate(uint256 rate) external {
        _rate = rate;
    }

    function getFeeRate(address) external view returns (uint256) {
        IDodoPricedPool pool = IDodoPricedPool(msg.sender);
        bool empty = pool._BASE_RESERVE_() == 0 || pool._QUOTE_RESERVE_() == 0;
        require(!(pool._K_() == 0 && empty), "KJUDGE_ERROR");
        return _rate;
    }
}

/// @notice A pool whose price, curve, fee and reserves a test sets.
abstract contract DodoSettablePool is DodoPool {
    function setTerms(uint256 i, uint256 k, uint256 lpFeeRate, uint256 mtFeeRate) external {
        (_I_, _K_, _LP_FEE_RATE_) = (i, k, lpFeeRate);
        DodoSettableFee(_MT_FEE_RATE_MODEL_).setRate(mtFeeRate);
    }

    function setReserves(uint112 base, uint112 quote) external {
        (_BASE_RESERVE_, _QUOTE_RESERVE_) = (base, quote);
    }
}

/// @notice A vending machine in any state.
contract DodoFuzzVendingMachine is DodoSettablePool, DodoVendingMachine {}

/// @notice A stable pool in any state.
contract DodoFuzzStablePool is DodoSettablePool, DodoStablePool {
    function setTargets(uint112 base, uint112 quote, uint32 r) external {
        (_BASE_TARGET_, _QUOTE_TARGET_, _RState_) = (base, quote, r);
    }
}

/// @notice A private pool in any state.
contract DodoFuzzPrivatePool is DodoSettablePool, DodoPrivatePool {
    function setTargets(uint112 base, uint112 quote, uint32 r) external {
        (_BASE_TARGET_, _QUOTE_TARGET_, _RState_) = (base, quote, r);
    }
}

/// @notice A classical pool in any state.
contract DodoFuzzClassicalPool is DodoClassicalPool {
    function setTerms(uint256 k, uint256 lpFeeRate, uint256 mtFeeRate, uint256 baseLimit, uint256 quoteLimit) external {
        (_K_, _LP_FEE_RATE_, _MT_FEE_RATE_) = (k, lpFeeRate, mtFeeRate);
        (_BASE_BALANCE_LIMIT_, _QUOTE_BALANCE_LIMIT_) = (baseLimit, quoteLimit);
    }

    function setReserves(uint256 base, uint256 quote, uint256 baseTarget, uint256 quoteTarget, uint8 r) external {
        (_BASE_BALANCE_, _QUOTE_BALANCE_) = (base, quote);
        (_TARGET_BASE_TOKEN_AMOUNT_, _TARGET_QUOTE_TOKEN_AMOUNT_) = (baseTarget, quoteTarget);
        _R_STATUS_ = DodoMath.RState(r);
    }
}

/// @notice A price feed whose answer a test sets.
contract SettableFeed {
    int256 private _answer;

    function set(int256 answer) external {
        _answer = answer;
    }

    function decimals() external pure returns (uint8) {
        return 8;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, _answer, block.timestamp, block.timestamp, 1);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { DodoOwnable } from "./DodoOwnable.sol";
import { IDodoFeeRateModel } from "./DodoPool.sol";

/// @notice Decides the maintainer's fee of a pool.
interface IDodoFeeRateImpl {
    function getFeeRate(address pool, address trader) external view returns (uint256);
}

/// @notice What the fee depends on.
interface IDodoPricedPool {
    function version() external view returns (string memory);
    function _LP_FEE_RATE_() external view returns (uint256);
    function _BASE_RESERVE_() external view returns (uint256);
    function _QUOTE_RESERVE_() external view returns (uint256);
    function _K_() external view returns (uint256);
}

/// @title DodoFeeRateModel
/// @notice Twin of DODOEX/contractV2 `lib/FeeRateModel.sol`: asks the current implementation for the calling pool's fee.
/// @dev Reproduces: 0 without an implementation; the pool is `msg.sender`. Leaves out: nothing.
contract DodoFeeRateModel is DodoOwnable, IDodoFeeRateModel {
    address public feeRateImpl;

    function setFeeProxy(address newFeeRateImpl) external onlyOwner {
        feeRateImpl = newFeeRateImpl;
    }

    function getFeeRate(address trader) external view returns (uint256) {
        if (feeRateImpl == address(0)) return 0;
        return IDodoFeeRateImpl(feeRateImpl).getFeeRate(msg.sender, trader);
    }
}

/// @title DodoFeeRateDip3
/// @notice Twin of DODOEX/contractV2 `DODOFee/FeeRateDIP3Impl.sol`: a quarter of the liquidity providers' fee on top for
/// DODO, whoever trades.
/// @dev Reproduces: the ratio, rates of single pools, 0 for private pools, `KJUDGE_ERROR` for a pool with k = 0 and an empty
/// side. Leaves out: crowd pools, whose fee depends on the trader, and the heartbeat.
contract DodoFeeRateDip3 is DodoOwnable, IDodoFeeRateImpl {
    uint256 public _LP_MT_RATIO_ = 25;
    mapping(address pool => uint256 rate) public specPoolList;

    function setLpMtRatio(uint256 newLpMtRatio) external onlyOwner {
        _LP_MT_RATIO_ = newLpMtRatio;
    }

    function setSpecPoolList(address pool, uint256 mtFeeRate) external onlyOwner {
        specPoolList[pool] = mtFeeRate;
    }

    function getFeeRate(address pool, address) external view returns (uint256) {
        string memory kind;
        try IDodoPricedPool(pool).version() returns (string memory version_) {
            kind = version_;
        } catch {
            return 0;
        }
        bool machine = _equal(kind, "DVM 1.0.2");
        bool stable = _equal(kind, "DSP 1.0.1");
        if (machine || stable || _equal(kind, "DPP 1.0.0") || _equal(kind, "DPP Advanced 1.0.0")) {
            bool flat = IDodoPricedPool(pool)._K_() == 0;
            bool empty = IDodoPricedPool(pool)._BASE_RESERVE_() == 0 || IDodoPricedPool(pool)._QUOTE_RESERVE_() == 0;
            require(!(flat && empty), "KJUDGE_ERROR");
        }
        if (specPoolList[pool] != 0) return specPoolList[pool];
        if (!machine && !stable && !_equal(kind, "DVM 1.0.3") && !_equal(kind, "DSP 1.0.2")) return 0;

        uint256 lpFeeRate = IDodoPricedPool(pool)._LP_FEE_RATE_();
        uint256 mtFeeRate = (lpFeeRate * _LP_MT_RATIO_) / 100;
        return lpFeeRate + mtFeeRate >= 1e18 ? 0 : mtFeeRate;
    }

    function version() external pure returns (string memory) {
        return "1.2.0";
    }

    function _equal(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }
}
